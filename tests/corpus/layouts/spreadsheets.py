"""Tables as spreadsheets of several countries save them."""

from tests.corpus.layouts.known import DAILY, INDEX, PRICEY, SESSION, Layout, days, lines, styled_lines, walk

NBSP, NARROW, QUOTE = "\u00a0", "\u202f", "\u2019"
WHOLE = walk(days(), price=187, places=0, seed=41)
HEAD = "Date,Open,High,Low,Close,Volume\n"
SEMICOLONS = HEAD.replace(",", ";")
US_DAY = "{t.month}/{t.day}/{t.year}"
GERMAN = "{t:%d.%m.%Y};{o};{h};{l};{c};{v}"
FRENCH = "{t:%d/%m/%Y};{o};{h};{l};{c};{v}"


def headed(header: str, bars=DAILY, form: str = "{t:%Y-%m-%d},{o},{h},{l},{c},{v}") -> str:
    return header + "\n" + lines(bars, form)


LAYOUTS = (
    Layout(name="excel_us", text=HEAD + lines(DAILY, US_DAY + ",{o},{h},{l},{c},{v}"), bars=DAILY),
    Layout(
        name="excel_us_time",
        text=HEAD + lines(SESSION, US_DAY + " {t.hour}:{t:%M},{o},{h},{l},{c},{v}"),
        bars=SESSION,
    ),
    Layout(
        name="excel_us_am_pm",
        text=HEAD + "".join(
            lines([bar], US_DAY + " %d:{t:%%M:%%S} {t:%%p},{o},{h},{l},{c},{v}" % ((bar.t.hour - 1) % 12 + 1)) for bar in SESSION
        ),
        bars=SESSION,
    ),
    Layout(
        name="excel_us_am_pm_in_its_own_column",
        text="Date,Time,Open,High,Low,Close,Volume\n" + lines(SESSION, "{t:%m/%d/%Y},{t:%I:%M %p},{o},{h},{l},{c},{v}"),
        bars=SESSION,
    ),
    Layout(
        name="excel_us_thousands",
        text=HEAD + styled_lines(PRICEY, '{t:%m/%d/%Y},"{o}","{h}","{l}","{c}","{v}"', ".", ","),
        bars=PRICEY,
    ),
    Layout(
        name="excel_us_currency",
        text=HEAD + styled_lines(PRICEY, '{t:%m/%d/%Y},"${o}","${h}","${l}","${c}","{v}"', ".", ","),
        bars=PRICEY,
    ),
    Layout(
        name="excel_us_currency_and_blanks",
        text=HEAD + styled_lines(PRICEY, '{t:%m/%d/%Y}," $ {o} "," $ {h} "," $ {l} "," $ {c} "," {v} "', ".", ","),
        bars=PRICEY,
    ),
    Layout(
        name="excel_us_two_digit_year",
        text=HEAD + lines(DAILY, "{t.month}/{t.day}/{t:%y},{o},{h},{l},{c},{v}"),
        bars=DAILY,
        must="either",
        reason="year",
    ),
    Layout(name="excel_uk", text=HEAD + lines(DAILY, "{t:%d/%m/%Y},{o},{h},{l},{c},{v}"), bars=DAILY),
    Layout(
        name="excel_uk_time", text=HEAD + lines(SESSION, "{t:%d/%m/%Y %H:%M},{o},{h},{l},{c},{v}"), bars=SESSION
    ),
    Layout(name="excel_german", text=SEMICOLONS + styled_lines(PRICEY, GERMAN, ",", "."), bars=PRICEY),
    Layout(
        name="excel_german_ungrouped",
        text=SEMICOLONS + styled_lines(PRICEY, GERMAN, ",", "", grouped_volume=False),
        bars=PRICEY,
    ),
    Layout(
        name="excel_german_small_prices_grouped_volume",
        text=SEMICOLONS + styled_lines(DAILY, GERMAN, ",", "."),
        bars=DAILY,
    ),
    Layout(
        name="excel_german_time",
        text=SEMICOLONS + styled_lines(SESSION, "{t:%d.%m.%Y %H:%M};{o};{h};{l};{c};{v}", ",", "."),
        bars=SESSION,
    ),
    Layout(
        name="excel_german_index_without_decimals",
        text=SEMICOLONS + styled_lines(INDEX, GERMAN, ",", "."),
        bars=INDEX,
        must="either",
        reason="thousand",
    ),
    Layout(
        name="german_words_index_without_decimals",
        text="Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n" + styled_lines(INDEX, "{t:%Y-%m-%d};{o};{h};{l};{c};{v}", ",", "."),
        bars=INDEX,
        must="either",
        reason="thousand",
    ),
    Layout(
        name="whole_prices_beside_grouped_volumes",
        text=HEAD.replace(",", "|") + styled_lines(WHOLE, "{t:%Y-%m-%d}|{o}|{h}|{l}|{c}|{v}", ",", "."),
        bars=WHOLE,
        must="either",
        reason="thousand",
    ),
    Layout(
        name="prices_and_volumes_grouped_with_points",
        text=SEMICOLONS + styled_lines(INDEX, "{t:%Y-%m-%d};{o};{h};{l};{c};{v}", ",", "."),
        bars=INDEX,
        must="either",
        reason="thousand",
    ),
    Layout(
        name="german_words_in_a_comma_file",
        text="Datum,Eröffnung,Hoch,Tief,Schluss,Volumen\n" + lines(DAILY, "{t:%Y-%m-%d},{o},{h},{l},{c},{v}"),
        bars=DAILY,
    ),
    Layout(
        name="excel_german_euro",
        text=SEMICOLONS + styled_lines(PRICEY, "{t:%d.%m.%Y};{o} €;{h} €;{l} €;{c} €;{v}", ",", "."),
        bars=PRICEY,
    ),
    Layout(name="excel_french", text=SEMICOLONS + styled_lines(PRICEY, FRENCH, ",", NBSP), bars=PRICEY),
    Layout(name="excel_french_narrow", text=SEMICOLONS + styled_lines(PRICEY, FRENCH, ",", NARROW), bars=PRICEY),
    Layout(name="excel_french_spaces", text=SEMICOLONS + styled_lines(PRICEY, FRENCH, ",", " "), bars=PRICEY),
    Layout(name="excel_swiss", text=SEMICOLONS + styled_lines(PRICEY, GERMAN, ".", "'"), bars=PRICEY),
    Layout(name="excel_swiss_typographic", text=SEMICOLONS + styled_lines(PRICEY, GERMAN, ".", QUOTE), bars=PRICEY),
    Layout(
        name="excel_german_decimal_comma_in_a_comma_file",
        text=HEAD + styled_lines(PRICEY, '{t:%d.%m.%Y},"{o}","{h}","{l}","{c}","{v}"', ",", "."),
        bars=PRICEY,
    ),
    Layout(name="excel_unicode_text", text=(HEAD + lines(DAILY, "{t:%Y-%m-%d},{o},{h},{l},{c},{v}")).replace(",", "\t").encode("utf-16"), bars=DAILY),
    Layout(name="excel_utf8", text=b"\xef\xbb\xbf" + (HEAD + lines(DAILY, US_DAY + ",{o},{h},{l},{c},{v}")).replace("\n", "\r\n").encode(), bars=DAILY),
    Layout(name="excel_sep_line", text="sep=;\n" + SEMICOLONS + lines(DAILY, "{t:%Y-%m-%d};{o};{h};{l};{c};{v}"), bars=DAILY),
    Layout(
        name="excel_day_numbers",
        text=HEAD + "".join(f"{45293 + number},{bar.o},{bar.h},{bar.l},{bar.c},{bar.v}\n" for number, bar in enumerate(DAILY)),
        must="refuse",
        reason="day number",
    ),
    Layout(
        name="excel_rounded_unix_time",
        text=HEAD + lines(SESSION, "1.70421E+12,{o},{h},{l},{c},{v}"),
        must="refuse",
        reason="spreadsheet|rounded",
    ),
    Layout(
        name="excel_hash_marks",
        text=HEAD + lines(DAILY, "########,{o},{h},{l},{c},{v}"),
        must="refuse",
        reason="########",
    ),
    Layout(
        name="excel_day_name",
        text=HEAD + lines(DAILY, '"{t:%A, %B %d, %Y}",{o},{h},{l},{c},{v}'),
        bars=DAILY,
        must="either",
        reason="no date",
    ),
    Layout(name="sheets_googlefinance", text=HEAD + lines(DAILY, US_DAY + " 16:00:00,{o},{h},{l},{c},{v}"), bars=DAILY),
    Layout(
        name="copied_from_a_sheet",
        text=(HEAD + lines(DAILY, "{t:%Y-%m-%d},{o},{h},{l},{c},{v}")).replace(",", "\t") + "\t\t\t\t\t\n",
        bars=DAILY,
    ),
    Layout(
        name="ambiguous_days",
        text=HEAD + lines(DAILY[:9], "{t:%m/%d/%Y},{o},{h},{l},{c},{v}"),
        must="refuse",
        reason="day first or month first",
    ),
    Layout(name="iso_slashes", text=HEAD + lines(SESSION, "{t:%Y/%m/%d %H:%M},{o},{h},{l},{c},{v}"), bars=SESSION),
    Layout(name="iso_one_digit", text=HEAD + lines(SESSION, "{t.year}-{t.month}-{t.day} {t.hour}:{t:%M},{o},{h},{l},{c},{v}"), bars=SESSION),
    Layout(name="month_names", text=HEAD + lines(DAILY, "{t:%d-%b-%Y},{o},{h},{l},{c},{v}"), bars=DAILY),
    Layout(name="month_names_short_year", text=HEAD + lines(DAILY, "{t.day}-{t:%b-%y},{o},{h},{l},{c},{v}"), bars=DAILY, must="either", reason="date"),
    Layout(name="month_names_us", text=HEAD + lines(DAILY, '"{t:%b} {t.day}, {t.year}",{o},{h},{l},{c},{v}'), bars=DAILY),
    # Headers of other languages.
    Layout(name="german_words", text="Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n" + styled_lines(PRICEY, GERMAN, ",", "."), bars=PRICEY),
    Layout(
        name="german_words_latin1",
        text=("Datum;Eröffnung;Hoch;Tief;Schlusskurs;Stück\n" + styled_lines(PRICEY, GERMAN, ",", ".")).encode("latin-1"),
        bars=PRICEY,
    ),
    Layout(name="french_words", text="Date;Ouverture;Plus haut;Plus bas;Clôture;Volume\n" + styled_lines(PRICEY, FRENCH, ",", " "), bars=PRICEY),
    Layout(name="spanish_words", text="Fecha;Apertura;Máximo;Mínimo;Cierre;Volumen\n" + styled_lines(PRICEY, FRENCH, ",", "."), bars=PRICEY),
    Layout(name="italian_words", text="Data;Apertura;Massimo;Minimo;Chiusura;Volume\n" + styled_lines(PRICEY, FRENCH, ",", "."), bars=PRICEY),
    Layout(name="portuguese_words", text="Data;Abertura;Máxima;Mínima;Fechamento;Volume\n" + styled_lines(PRICEY, FRENCH, ",", "."), bars=PRICEY),
    Layout(name="dutch_words", text="Datum;Open;Hoog;Laag;Slot;Volume\n" + styled_lines(PRICEY, FRENCH, ",", "."), bars=PRICEY),
    Layout(name="polish_words", text=headed("Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen"), bars=DAILY),
    Layout(name="russian_words", text=headed("Дата,Открытие,Максимум,Минимум,Закрытие,Объём"), bars=DAILY),
    Layout(name="russian_words_cp1251", text=headed("Дата,Открытие,Максимум,Минимум,Закрытие,Объем").encode("cp1251"), bars=DAILY, must="either", reason="UTF-8"),
    Layout(name="japanese_words", text=headed("日付,始値,高値,安値,終値,出来高"), bars=DAILY),
    Layout(name="chinese_words", text=headed("日期,开盘,收盘,最高,最低,成交量", form="{t:%Y-%m-%d},{o},{c},{h},{l},{v}"), bars=DAILY),
    Layout(name="korean_words", text=headed("날짜,시가,고가,저가,종가,거래량"), bars=DAILY),
)
