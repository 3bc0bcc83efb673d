"""Tables as brokers and charting programs export them."""

from datetime import timedelta

from tests.corpus.layouts.known import DAILY, FOREX, MINUTES, PRICEY, SESSION, YEN, Bar, Layout, clocks, days, epoch_lines, lines, styled_lines, walk

OHLCV = ",{o},{h},{l},{c},{v}"
TAB = "\t{o}\t{h}\t{l}\t{c}\t{v}"


def later(bars, hours: float):
    return tuple(Bar(t=bar.t + timedelta(hours=hours), o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v) for bar in bars)


INDIA = walk(clocks(days(10), "09:15", 6, 60), price=2580, seed=21)
EARLY = walk(clocks(days(10), "00:00", 24, 60), price=187, seed=22)
FIVES = walk(clocks(days(12), "09:30", 78, 5), price=187, seed=23)


def indian(number: str) -> str:
    whole, _, rest = number.partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail]) + (f".{rest}" if rest else "")


def nse() -> str:
    return "".join(
        '"{d}","EQ","{o}","{h}","{l}","1.00","{c}","{c}","1.50","9.00","1.00","{v}","1,23,45,678.90","1,234"\n'.format(
            d=bar.t.strftime("%d-%b-%Y"), o=indian(bar.o), h=indian(bar.h), l=indian(bar.l), c=indian(bar.c), v=indian(str(bar.v))
        )
        for bar in reversed(PRICEY)
    )


MT_HEAD = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
BHAV = "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,ISIN,\n"
FINAM = "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>\n"
SEMI = ";{o};{h};{l};{c};{v}"


def since_midnight(bars) -> str:
    return "".join(lines([bar], "{t:%Y%m%d}," + str(bar.t.hour * 3600 + bar.t.minute * 60) + OHLCV) for bar in bars)


LAYOUTS = (
    Layout(name="metatrader4", text=lines(FOREX, "{t:%Y.%m.%d,%H:%M}" + OHLCV), bars=FOREX, must="either", reason="header|names"),
    Layout(name="metatrader5_hours", text=MT_HEAD + lines(FOREX, "{t:%Y.%m.%d\t%H:%M:%S}" + TAB + "\t0\t4"), bars=FOREX),
    Layout(name="metatrader5_shares", text=MT_HEAD + lines(SESSION, "{t:%Y.%m.%d\t%H:%M:%S}\t{o}\t{h}\t{l}\t{c}\t77\t{v}\t4"), bars=SESSION),
    Layout(name="metatrader5_days", text=MT_HEAD.replace("<TIME>\t", "") + lines(DAILY, "{t:%Y.%m.%d}" + TAB + "\t0\t4"), bars=DAILY),
    Layout(name="metatrader5_python", text="time,open,high,low,close,tick_volume,spread,real_volume\n" + epoch_lines(FOREX, "{e}" + OHLCV + ",4,0"), bars=FOREX),
    Layout(name="metatrader5_python_rows", text=",time,open,high,low,close,tick_volume,spread,real_volume\n" + lines(FOREX, "{n},{t:%Y-%m-%d %H:%M:%S}" + OHLCV + ",4,0"), bars=FOREX),
    Layout(name="ninjatrader", text=lines(MINUTES, "{t:%Y%m%d %H%M%S}" + SEMI), bars=MINUTES, must="either", reason="header|names"),
    Layout(name="ninjatrader_named", text="Time;Open;High;Low;Close;Volume\n" + lines(MINUTES, "{t:%Y%m%d %H%M%S}" + SEMI), bars=MINUTES),
    Layout(name="tradestation", text='"Date","Time","Open","High","Low","Close","Up","Down"\n' + "".join(lines([bar], "{t:%m/%d/%Y,%H:%M},{o},{h},{l},{c}," + f"{bar.v // 2},{bar.v - bar.v // 2}") for bar in FIVES), bars=FIVES),
    Layout(name="tradestation_total", text='"Date","Time","Open","High","Low","Close","Vol","OI"\n' + lines(FIVES, "{t:%m/%d/%Y,%H:%M}" + OHLCV + ",0"), bars=FIVES),
    Layout(name="multicharts", text='"Date","Time","Open","High","Low","Close","TotalVolume"\n' + lines(FIVES, "{t:%d/%m/%Y,%H:%M:%S}" + OHLCV), must="either", reason="day first", bars=FIVES),
    Layout(name="sierra_chart", text="Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume\n" + lines(FIVES, "{t.year}/{t.month}/{t.day}, {t:%H:%M:%S}, {o}, {h}, {l}, {c}, {v}, 12, 1, 2"), bars=FIVES),
    Layout(name="sierra_chart_microseconds", text="Date, Time, Open, High, Low, Last, Volume, # of Trades, OHLC Avg, HLC Avg, HL Avg, Bid Volume, Ask Volume\n" + lines(FIVES, "{t.year}-{t.month}-{t.day}, {t:%H:%M:%S}.000000, {o}, {h}, {l}, {c}, {v}, 12, 1, 1, 1, 1, 2"), bars=FIVES),
    Layout(name="tradingview", text="time,open,high,low,close,Volume,Volume MA,Plot,Plot\n" + epoch_lines(SESSION, "{e}" + OHLCV + ",1.5,2.5,3.5"), bars=SESSION),
    Layout(name="tradingview_iso", text="time,open,high,low,close,Volume\n" + lines(SESSION, "{t:%Y-%m-%dT%H:%M:%S}-05:00" + OHLCV), bars=later(SESSION, 5)),
    Layout(name="tradingview_india_days", text="time,open,high,low,close,Volume\n" + lines(DAILY, "{t:%Y-%m-%d}T09:15:00+05:30" + OHLCV), bars=DAILY),
    Layout(name="tradingview_plots_as_nan", text="time,open,high,low,close,Upper,Lower,Volume\n" + epoch_lines(SESSION, "{e},{o},{h},{l},{c},NaN,NaN,{v}"), bars=SESSION),
    Layout(name="ibkr_hours", text="date,open,high,low,close,volume,average,barCount\n" + lines(SESSION, "{t:%Y%m%d %H:%M:%S} US/Eastern" + OHLCV + ",1.5,12"), bars=later(SESSION, 5), must="either", reason="Eastern"),
    Layout(name="ibkr_two_blanks", text="date,open,high,low,close,volume,average,barCount\n" + lines(SESSION, "{t:%Y%m%d  %H:%M:%S}" + OHLCV + ",1.5,12"), bars=SESSION),
    Layout(name="ibkr_frame", text=",date,open,high,low,close,volume,average,barCount\n" + lines(SESSION, "{n},{t:%Y-%m-%d %H:%M:%S}-05:00" + OHLCV + ",1.5,12"), bars=later(SESSION, 5)),
    Layout(name="zerodha_days", text="date,open,high,low,close,volume\n" + lines(DAILY, "{t:%Y-%m-%d}T00:00:00+0530" + OHLCV), bars=DAILY),
    Layout(name="zerodha_hours", text="date,open,high,low,close,volume\n" + lines(INDIA, "{t:%Y-%m-%d %H:%M:%S}+05:30" + OHLCV), bars=later(INDIA, -5.5)),
    Layout(name="nse_history", text='"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","52W H","52W L ","VOLUME ","VALUE ","No of trades "\n' + nse(), bars=PRICEY),
    Layout(name="nse_index", text='"Index Name","Date","Open","High","Low","Close","Shares Traded","Turnover (₹ Cr)"\n' + lines(tuple(reversed(PRICEY)), "NIFTY 50,{t:%d-%b-%Y}" + OHLCV + ",1.5"), bars=PRICEY),
    Layout(name="nse_bhavcopies_of_one", text=BHAV + lines(DAILY, "TCS,EQ,{o},{h},{l},{c},{c},1.5,{v},1.5,{t:%d-%b-%Y},12,INE467B01029,").upper(), bars=DAILY),
    Layout(name="nse_bhavcopy", text=BHAV + "20MICRONS,EQ,100,101,99,100,100,99,500,1.5,02-JAN-2024,12,INE144J01027,\nTCS,EQ,100,101,99,100,100,99,500,1.5,02-JAN-2024,12,INE467B01029,\n", must="refuse", reason="20MICRONS.*TCS"),
    Layout(name="nse_bhavcopy_series", text=BHAV + lines(DAILY, "TCS,EQ,{o},{h},{l},{c},{c},1.5,{v},1.5,{t:%d-%b-%Y},12,I,").upper() + lines(DAILY, "TCS,BE,{o},{h},{l},{c},{c},1.5,{v},1.5,{t:%d-%b-%Y},12,I,").upper().replace("2024", "2023"), must="refuse", reason="EQ.*BE|BE.*EQ"),
    Layout(name="bse", text="Date,Open Price,High Price,Low Price,Close Price,WAP,No.of Shares,No. of Trades,Total Turnover (Rs.),Deliverable Quantity,% Deli. Qty to Traded Qty,Spread High-Low,Spread Close-Open\n" + lines(tuple(reversed(DAILY)), "{t.day}-{t:%B-%Y},{o},{h},{l},{c},1.5,{v},12,1.5,1,1,1,1"), bars=DAILY),
    Layout(name="dukascopy_gmt", text="Gmt time,Open,High,Low,Close,Volume\n" + lines(FOREX[:24] + FOREX[24:], "{t:%d.%m.%Y %H:%M:%S}.000" + OHLCV), bars=FOREX, must="either", reason="day first"),
    Layout(name="dukascopy_gmt_long", text="Gmt time,Open,High,Low,Close,Volume\n" + lines(EARLY, "{t:%d.%m.%Y %H:%M:%S}.000" + OHLCV), bars=EARLY),
    Layout(name="dukascopy_local", text="Local time,Open,High,Low,Close,Volume\n" + lines(EARLY, "{t:%d.%m.%Y %H:%M:%S}.000 GMT+0100" + OHLCV), bars=later(EARLY, -1)),
    Layout(name="dukascopy_eet", text="Time (EET),Open,High,Low,Close,Volume\n" + lines(EARLY, "{t:%Y.%m.%d %H:%M:%S}" + OHLCV), bars=later(EARLY, -2), must="either", reason="EET"),
    Layout(name="dukascopy_node", text="timestamp,open,high,low,close,volume\n" + epoch_lines(FOREX, "{e}" + OHLCV, unit=1000), bars=FOREX),
    Layout(name="histdata", text=lines(FOREX, "{t:%Y%m%d %H%M%S}" + SEMI), bars=FOREX, must="either", reason="header|names"),
    Layout(name="histdata_yen_named", text="DateTime;Open;High;Low;Close;Volume\n" + lines(YEN, "{t:%Y%m%d %H%M%S}" + SEMI), bars=YEN),
    Layout(name="finam", text=FINAM + lines(SESSION, "SBER;60;{t:%Y%m%d;%H%M%S}" + SEMI), bars=SESSION),
    Layout(name="finam_stripped_zeros", text="Date,Time,Open,High,Low,Close,Volume\n" + "".join(lines([bar], "{t:%Y%m%d}," + str(int(bar.t.strftime("%H%M%S"))) + OHLCV) for bar in SESSION), bars=SESSION),
    Layout(name="finam_stripped_all_day", text="Date,Time,Open,High,Low,Close,Volume\n" + "".join(lines([bar], "{t:%Y%m%d}," + str(int(bar.t.strftime("%H%M%S"))) + OHLCV) for bar in EARLY), bars=EARLY),
    Layout(name="finam_short_year", text=FINAM + lines(SESSION, "SBER;60;{t:%d/%m/%y;%H:%M}" + SEMI), bars=SESSION, must="either", reason="year"),
    Layout(name="finam_two", text=FINAM + lines(SESSION[:50], "SBER;60;{t:%Y%m%d;%H%M%S}" + SEMI) + lines(SESSION[50:], "GAZP;60;{t:%Y%m%d;%H%M%S}" + SEMI), must="refuse", reason="SBER.*GAZP|GAZP.*SBER"),
    Layout(name="metastock", text="<TICKER>,<NAME>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n" + lines(DAILY, "AAPL,Apple,D,{t:%Y%m%d},000000" + OHLCV + ",0"), bars=DAILY),
    Layout(name="amibroker", text="Ticker,Date/Time,Open,High,Low,Close,Volume\n" + lines(DAILY, "AAPL,{t.month}/{t.day}/{t.year}" + OHLCV), bars=DAILY),
    Layout(name="oanda_flattened", text="complete,volume,time,mid.o,mid.h,mid.l,mid.c\n" + lines(FOREX, "True,{v},{t:%Y-%m-%dT%H:%M:%S}.000000000Z,{o},{h},{l},{c}"), bars=FOREX, must="either", reason="Open|open"),
    Layout(name="fxcm_bid_and_ask", text="DateTime,BidOpen,BidHigh,BidLow,BidClose,AskOpen,AskHigh,AskLow,AskClose,TickQty\n" + lines(FOREX, "{t:%m/%d/%Y %H:%M:%S},{o},{h},{l},{c},{o},{h},{l},{c},{v}"), must="refuse", reason="Open|open|bid|Bid"),
    Layout(name="truefx_ticks", text="EUR/USD,20240102 00:00:00.123,1.10420,1.10424\nEUR/USD,20240102 00:00:00.523,1.10421,1.10425\n", must="refuse", reason="header|names"),
    Layout(name="hhmm_numbers", text="Date,Time,Open,High,Low,Close,Volume\n" + "".join(lines([bar], "{t:%Y-%m-%d}," + str(int(bar.t.strftime("%H%M"))) + OHLCV) for bar in SESSION), bars=SESSION),
    Layout(name="hhmm_padded", text="Date,Time,Open,High,Low,Close,Volume\n" + lines(FIVES, "{t:%m/%d/%Y},{t:%H%M}" + OHLCV), must="either", reason="day first", bars=FIVES),
    Layout(name="seconds_since_midnight", text="Date,Time,Open,High,Low,Close,Volume\n" + since_midnight(FIVES), bars=FIVES),
    Layout(name="one_digit_hours", text="Date,Time,Open,High,Low,Close,Volume\n" + lines(SESSION, "{t:%Y-%m-%d},{t.hour}:{t:%M}" + OHLCV), bars=SESSION),
    Layout(name="clock_with_its_zone", text="Time;Date;Open;High;Low;Close;Volume\n" + lines(SESSION, "{t:%H:%M} GMT;{t:%Y-%m-%d};{o};{h};{l};{c};{v}"), bars=SESSION),
    Layout(name="time_before_date", text="Time,Date,Open,High,Low,Close,Volume\n" + lines(SESSION, "{t:%H:%M},{t:%Y-%m-%d}" + OHLCV), bars=SESSION),
    Layout(name="clock_without_date", text="Time,Open,High,Low,Close,Volume\n" + lines(MINUTES, "{t:%H:%M}" + OHLCV), must="refuse", reason="date"),
    Layout(name="prorealtime", text="date\ttime\topen\thigh\tlow\tclose\tvolume\n" + lines(SESSION, "{t:%Y%m%d\t%H%M%S}" + TAB), bars=SESSION),
    Layout(name="ctrader", text="Date;Time;Open;High;Low;Close;Tick volume\n" + lines(EARLY, "{t:%d/%m/%Y;%H:%M:%S}" + SEMI), bars=EARLY),
    Layout(name="xtb_german", text="Datum;Zeit;Eröffnung;Hoch;Tief;Schluss;Volumen\n" + styled_lines(EARLY, "{t:%d.%m.%Y};{t:%H:%M};{o};{h};{l};{c};{v}", ",", "."), bars=EARLY),
    Layout(name="spread_columns", text="time,open,high,low,close,volume,ask_open,ask_close,bid\n" + lines(FOREX, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV + ",1,1,1"), bars=FOREX),
)
