"""Tables as sellers and sites of market data hand them out."""

from tests.corpus.layouts.known import (
    DAILY, MINUTES, NO_VOLUME, OTHER, PRICEY, SESSION, Bar, Layout, epoch_lines, lines, styled_lines,
)

OHLCV = ",{o},{h},{l},{c},{v}"
NEWEST = tuple(reversed(DAILY))
PRICEY_NEWEST = tuple(reversed(PRICEY))
# What is written as 1.23M has lost its last digits.
ROUNDED = tuple(Bar(t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v // 10_000 * 10_000) for bar in PRICEY)
ROUNDED_NEWEST = tuple(reversed(ROUNDED))
THOUSANDS = tuple(Bar(t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v // 10 * 10) for bar in PRICEY)


def investing(bars, form: str, point: str, thousands: str, unit: int, letter: str) -> str:
    return "".join(
        styled_lines([bar], form, point, thousands).replace(
            styled_lines([bar], "{v}", point, thousands).strip(), f"{bar.v / unit:.2f}{letter}".replace(".", point)
        )
        for bar in bars
    )


FIVE_LATER = tuple(Bar(t=bar.t.replace(hour=bar.t.hour + 5), o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v) for bar in SESSION)

LAYOUTS = (
    Layout(name="yahoo_web", text="Date,Open,High,Low,Close,Adj Close,Volume\n" + lines(DAILY[:10], "{t:%Y-%m-%d},{o},{h},{l},{c},1.5,{v}") + "2024-01-15,null,null,null,null,null,null\n".replace("15", "13") + lines(DAILY[10:], "{t:%Y-%m-%d},{o},{h},{l},{c},1.5,{v}"), bars=DAILY),
    Layout(name="yahoo_copied", text="Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\n" + styled_lines(PRICEY_NEWEST, "{t:%b} {t.day}, {t.year}\t{o}\t{h}\t{l}\t{c}\t1.50\t{v}", ".", ","), bars=PRICEY),
    Layout(name="stooq", text=("Date,Open,High,Low,Close,Volume\n" + lines(DAILY, "{t:%Y-%m-%d}" + OHLCV)).replace("\n", "\r\n"), bars=DAILY),
    Layout(name="stooq_archive", text="<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n" + lines(DAILY, "AAPL.US,D,{t:%Y%m%d},000000" + OHLCV + ",0"), bars=DAILY),
    Layout(name="stooq_archive_hourly", text="<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n" + lines(SESSION, "AAPL.US,60,{t:%Y%m%d,%H%M%S}" + OHLCV + ",0"), bars=SESSION),
    Layout(name="nasdaq_web", text="Date,Close/Last,Volume,Open,High,Low\n" + lines(NEWEST, "{t:%m/%d/%Y},${c},{v},${o},${h},${l}"), bars=DAILY),
    Layout(name="nasdaq_web_grouped", text="Date,Close/Last,Volume,Open,High,Low\n" + styled_lines(PRICEY_NEWEST, '{t:%m/%d/%Y},"${c}","{v}","${o}","${h}","${l}"', ".", ","), bars=PRICEY),
    Layout(name="wsj", text="Date, Open, High, Low, Close\n" + lines(NEWEST, "{t:%m/%d/%y}, {o}, {h}, {l}, {c}"), bars=NO_VOLUME, must="either", reason="year"),
    Layout(name="marketwatch", text="Date,Open,High,Low,Close,Volume\n" + styled_lines(PRICEY_NEWEST, '{t:%m/%d/%Y},"{o}","{h}","{l}","{c}","{v}"', ".", ","), bars=PRICEY),
    Layout(name="alpha_vantage", text="timestamp,open,high,low,close,volume\r\n" + lines(NEWEST, "{t:%Y-%m-%d}" + OHLCV).replace("\n", "\r\n"), bars=DAILY),
    Layout(name="alpha_vantage_adjusted", text="timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n" + lines(NEWEST, "{t:%Y-%m-%d},{o},{h},{l},{c},1.5,{v},0.0000,1.0"), bars=DAILY),
    Layout(name="alpha_vantage_refusal", text='{\n "Information": "Thank you for using our service. Our standard rate limit is 25 requests per day."\n}', must="refuse", reason="JSON"),
    Layout(name="tiingo", text="date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n" + lines(DAILY, "{t:%Y-%m-%d},{c},{h},{l},{o},{v},1,1,1,1,1,0.0,1.0"), bars=DAILY),
    Layout(name="tiingo_frame", text="symbol,date,close,high,low,open,volume,adjClose\n" + lines(DAILY, "AAPL,{t:%Y-%m-%d} 00:00:00+00:00,{c},{h},{l},{o},{v},1"), bars=DAILY),
    Layout(name="polygon_flat_file", text="ticker,volume,open,close,high,low,window_start,transactions\n" + epoch_lines(MINUTES, "AAPL,{v},{o},{c},{h},{l},{e},15", unit=10**9), bars=MINUTES),
    Layout(name="polygon_flat_file_of_two", text="ticker,volume,open,close,high,low,window_start,transactions\n" + epoch_lines(MINUTES, "AAPL,{v},{o},{c},{h},{l},{e},15", unit=10**9) + epoch_lines(MINUTES, "MSFT,{v},{o},{c},{h},{l},{e},15", unit=10**9), must="refuse", reason="AAPL.*MSFT"),
    Layout(name="polygon_letters", text="v,vw,o,c,h,l,t,n\n" + epoch_lines(MINUTES, "{v},1.5,{o},{c},{h},{l},{e},15", unit=1000), bars=MINUTES),
    Layout(name="alpaca_days", text="symbol,timestamp,open,high,low,close,volume,trade_count,vwap\n" + lines(DAILY, "AAPL,{t:%Y-%m-%d} 05:00:00+00:00" + OHLCV + ",12,1.5"), bars=DAILY),
    Layout(name="alpaca_hours", text="symbol,timestamp,open,high,low,close,volume,trade_count,vwap\n" + lines(SESSION, "AAPL,{t:%Y-%m-%d %H:%M:%S}+00:00" + OHLCV + ",12,1.5"), bars=SESSION),
    Layout(name="eodhd", text="Date,Open,High,Low,Close,Adjusted_close,Volume\n" + lines(DAILY, "{t:%Y-%m-%d},{o},{h},{l},{c},1.5,{v}"), bars=DAILY),
    Layout(name="eodhd_hours", text="Timestamp,Gmtoffset,Datetime,Open,High,Low,Close,Volume\n" + epoch_lines(SESSION, "{e},0,{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=SESSION),
    Layout(name="twelve_data", text="datetime;open;high;low;close;volume\n" + lines(tuple(reversed(SESSION)), "{t:%Y-%m-%d %H:%M:%S};{o};{h};{l};{c};{v}"), bars=SESSION),
    Layout(name="fmp", text="date,open,high,low,close,adjClose,volume,unadjustedVolume,change,changePercent,vwap,label,changeOverTime\n" + lines(NEWEST, '{t:%Y-%m-%d},{o},{h},{l},{c},1.5,{v},1,0.1,0.2,1.5,"{t:%B %d, %y}",0.01'), bars=DAILY),
    Layout(name="quandl_wiki", text="Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio,Adj. Open,Adj. High,Adj. Low,Adj. Close,Adj. Volume\n" + lines(NEWEST, "{t:%Y-%m-%d}" + OHLCV + ",0.0,1.0,1,1,1,1,1"), bars=DAILY),
    Layout(name="quandl_futures", text="Date,Open,High,Low,Last,Change,Settle,Volume,Previous Day Open Interest\n" + lines(NEWEST, "{t:%Y-%m-%d},{o},{h},{l},{c},,{c},{v},99"), bars=DAILY),
    Layout(name="sharadar", text="ticker,date,open,high,low,close,volume,closeadj,closeunadj,lastupdated\n" + lines(DAILY, "AAPL,{t:%Y-%m-%d}" + OHLCV + ",1.5,1.5,2024-06-01"), bars=DAILY),
    Layout(name="barchart", text="Time,Open,High,Low,Last,Change,%Chg,Volume\n" + lines(NEWEST, "{t:%m/%d/%Y},{o},{h},{l},{c},0.5,0.26%,{v}") + '"Downloaded from Barchart.com as of 02-13-2024 05:00pm CST"\n', bars=DAILY),
    Layout(name="barchart_hours", text="Time,Open,High,Low,Last,Change,%Chg,Volume\n" + lines(tuple(reversed(SESSION)), "{t:%m/%d/%Y %H:%M},{o},{h},{l},{c},0.5,0.26%,{v}") + '"Downloaded from Barchart.com as of 02-13-2024 05:00pm CST"\n', bars=SESSION),
    Layout(name="investing_us", text='"Date","Price","Open","High","Low","Vol.","Change %"\n' + investing(ROUNDED_NEWEST, '"{t:%b %d, %Y}","{c}","{o}","{h}","{l}","{v}","0.15%"', ".", ",", 10**6, "M"), bars=ROUNDED),
    Layout(name="investing_numbers", text='\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n' + investing(tuple(reversed(THOUSANDS)), '"{t:%m/%d/%Y}","{c}","{o}","{h}","{l}","{v}","-0.15%"', ".", ",", 1000, "K"), bars=THOUSANDS),
    Layout(name="investing_german", text='"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"\n' + investing(ROUNDED_NEWEST, '"{t:%d.%m.%Y}","{c}","{o}","{h}","{l}","{v}","0,15%"', ",", ".", 10**6, "M"), bars=ROUNDED),
    Layout(name="investing_french", text='"Date","Dernier","Ouv."," Plus Haut","Plus Bas","Vol.","Variation %"\n' + investing(ROUNDED_NEWEST, '"{t:%d/%m/%Y}","{c}","{o}","{h}","{l}","{v}","0,15%"', ",", ".", 10**6, "M"), bars=ROUNDED),
    Layout(name="investing_spanish", text='"Fecha","Último","Apertura","Máximo","Mínimo","Vol.","% var."\n' + investing(ROUNDED_NEWEST, '"{t:%d.%m.%Y}","{c}","{o}","{h}","{l}","{v}","0,15%"', ",", ".", 10**6, "M"), bars=ROUNDED),
    Layout(name="investing_forex", text='"Date","Price","Open","High","Low","Change %"\n' + lines(NEWEST, '"{t:%m/%d/%Y}","{c}","{o}","{h}","{l}","0.15%"'), bars=NO_VOLUME),
    Layout(name="first_rate", text="timestamp,open,high,low,close,volume\n" + lines(MINUTES, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=MINUTES),
    Layout(name="first_rate_numbers", text=lines(MINUTES, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=MINUTES, must="either", reason="header|names"),
    Layout(name="kibot", text=lines(MINUTES, "{t:%m/%d/%Y,%H:%M}" + OHLCV), bars=MINUTES, must="either", reason="header|names"),
    Layout(name="norgate", text="Date,Open,High,Low,Close,Volume,Turnover\n" + lines(DAILY, "{t:%Y%m%d}" + OHLCV + ",1.5"), bars=DAILY),
    Layout(name="databento", text="ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n" + lines(SESSION, "{t:%Y-%m-%dT%H:%M:%S}.000000000Z,34,1,4916,{o},{h},{l},{c},{v},AAPL"), bars=SESSION),
    Layout(name="databento_rolls", text="ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n" + lines(SESSION[:50], "{t:%Y-%m-%dT%H:%M:%S}.000000000Z,34,1,4916,{o},{h},{l},{c},{v},ESH4") + lines(SESSION[50:], "{t:%Y-%m-%dT%H:%M:%S}.000000000Z,34,1,4917,{o},{h},{l},{c},{v},ESM4"), must="refuse", reason="ESH4.*ESM4"),
    Layout(name="refinitiv", text="#RIC,Domain,Date-Time,GMT Offset,Type,Open,High,Low,Last,Volume\n" + lines(SESSION, "AAPL.O,Market Price,{t:%Y-%m-%dT%H:%M:%S}.000000000Z,-5,Intraday 1Hour,{o},{h},{l},{c},{v}"), bars=SESSION),
    Layout(name="bloomberg", text="Dates,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME\n" + lines(DAILY, "{t.month}/{t.day}/{t.year}" + OHLCV), bars=DAILY),
    Layout(name="bloomberg_sheet", text="Security,AAPL US Equity\nStart Date,1/2/2024\n\nDate,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME\n" + lines(DAILY, "{t.month}/{t.day}/{t.year}" + OHLCV), bars=DAILY),
    Layout(name="marketstack", text="open,high,low,close,volume,adj_high,adj_low,adj_close,adj_open,split_factor,symbol,exchange,date\n" + lines(NEWEST, "{o},{h},{l},{c},{v},1,1,1,1,1.0,AAPL,XNAS,{t:%Y-%m-%d}T00:00:00+0000"), bars=DAILY),
    Layout(name="iex_minutes", text="date,minute,label,high,low,open,close,average,volume\n" + lines(MINUTES, "{t:%Y-%m-%d},{t:%H:%M},{t:%I:%M %p},{h},{l},{o},{c},1.5,{v}"), bars=MINUTES),
    Layout(name="ariva", text="Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen\n" + styled_lines(PRICEY_NEWEST, "{t:%Y-%m-%d};{o};{h};{l};{c};{v};99.123", ",", "."), bars=PRICEY),
    Layout(name="onvista", text="Datum;Eröffnung;Tageshoch;Tagestief;Schluss;Volumen\n" + styled_lines(PRICEY_NEWEST, "{t:%d.%m.%Y};{o};{h};{l};{c};{v}", ",", "."), bars=PRICEY),
    Layout(name="euronext", text='"Historical Data"\n"From 2024-01-02 to 2024-02-12"\n"FR0000120271"\nDate;Open;High;Low;Last;Close;"Number of Shares";"Number of Trades";Turnover;vwap\n' + lines(NEWEST, "{t:%d/%m/%Y};{o};{h};{l};{c};{c};{v};12;1.5;1.5"), bars=DAILY),
    Layout(name="moex_candles", text="open;close;high;low;value;volume;begin;end\n" + lines(SESSION, "{o};{c};{h};{l};1.5;{v};{t:%Y-%m-%d %H:%M:%S};{t:%Y-%m-%d %H}:59:59"), bars=SESSION),
    Layout(name="moex_history", text="history\n\nBOARDID;TRADEDATE;SHORTNAME;SECID;NUMTRADES;VALUE;OPEN;LOW;HIGH;LEGALCLOSEPRICE;WAPRICE;CLOSE;VOLUME\n" + lines(DAILY, "TQBR;{t:%Y-%m-%d};SBER;SBER;12;1.5;{o};{l};{h};1.5;1.5;{c};{v}"), bars=DAILY),
    Layout(name="twse_years_of_the_republic", text="日期,成交股數,成交金額,開盤價,最高價,最低價,收盤價\n" + lines(DAILY, '113/{t:%m/%d},{v},1.5,{o},{h},{l},{c}'), must="refuse", reason="113/01/02"),
    Layout(name="schwab", text='"Historical prices for AAPL"\n\n"Date","Open","High","Low","Close","Volume"\n' + styled_lines(PRICEY_NEWEST, '"{t:%m/%d/%Y}","{o}","{h}","{l}","{c}","{v}"', ".", ","), bars=PRICEY),
    Layout(name="web_copy_two_symbols", text="Symbol,Date,Open,High,Low,Close,Volume\n" + lines(DAILY, "AAPL,{t:%Y-%m-%d}" + OHLCV) + lines(OTHER, "MSFT,{t:%Y-%m-%d}" + OHLCV), must="refuse", reason="AAPL.*MSFT"),
    Layout(name="comment_lines", text="# source: somewhere\n# adjusted: no\nDate,Open,High,Low,Close,Volume\n" + lines(DAILY, "{t:%Y-%m-%d}" + OHLCV), bars=DAILY),
    Layout(name="zone_in_the_header_utc", text="Time (UTC),Open,High,Low,Close,Volume\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M}" + OHLCV), bars=SESSION),
    Layout(name="zone_in_the_header_est", text="Time (EST),Open,High,Low,Close,Volume\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M}" + OHLCV), bars=FIVE_LATER, must="either", reason="EST"),
    Layout(name="zone_by_name", text="date,open,high,low,close,volume\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S} America/New_York" + OHLCV), bars=FIVE_LATER, must="either", reason="New_York"),
    Layout(name="zone_by_letters", text="date,open,high,low,close,volume\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S} EST" + OHLCV), bars=FIVE_LATER, must="either", reason="EST"),
)
