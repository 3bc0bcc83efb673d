"""Tables as data-frame libraries and the Python clients of vendors write them."""

from datetime import timedelta

from tests.corpus.layouts.known import (
    ALL_DAYS, CRYPTO, DAILY, MINUTES, OTHER, PRICEY, SESSION, Layout, days, epoch_lines, lines, walk,
)

SUMMER = walk(days(30, first="2024-03-18"), price=187, seed=31)
GULF = walk([day for day in days(40, weekends=True) if day.weekday() not in (4, 5)], price=31, seed=32)
HEAD = "Date,Open,High,Low,Close,Volume\n"
OHLCV = ",{o},{h},{l},{c},{v}"
ISO_NY = "{t:%Y-%m-%d %H:%M:%S}-05:00"


def both(form: str) -> str:
    """Lines of two symbols side by side."""
    return "".join(
        form.format(t=one.t, o=one.o, h=one.h, l=one.l, c=one.c, v=one.v, O=two.o, H=two.h, L=two.l, C=two.c, V=two.v) + "\n"
        for one, two in zip(DAILY, OTHER, strict=True)
    )


TWO = (
    "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\n"
    "Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT\n"
    "Date,,,,,,,,,,\n" + both("{t:%Y-%m-%d},{c},{C},{h},{H},{l},{L},{o},{O},{v},{V}")
)
LONG = "date,symbol,open,high,low,close,volume\n"

LAYOUTS = (
    Layout(name="pandas_dates", text=HEAD + lines(DAILY, "{t:%Y-%m-%d}" + OHLCV), bars=DAILY),
    Layout(name="pandas_times", text=HEAD + lines(DAILY, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=DAILY),
    Layout(name="pandas_nameless_index", text=HEAD.replace("Date", "") + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=SESSION),
    Layout(name="pandas_row_numbers", text="," + HEAD + lines(SESSION, "{n},{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=SESSION),
    Layout(name="pandas_row_numbers_twice", text="Unnamed: 0," + HEAD + lines(SESSION, "{n},{t:%Y-%m-%d %H:%M:%S}" + OHLCV), bars=SESSION),
    Layout(name="pandas_row_numbers_index_called_index", text="index," + HEAD + lines(DAILY, "{n},{t:%Y-%m-%d}" + OHLCV), bars=DAILY),
    Layout(name="pandas_row_numbers_and_unix", text=",timestamp,open,high,low,close,volume\n" + "".join(f"{n}," + epoch_lines([bar], "{e}" + OHLCV, unit=1000) for n, bar in enumerate(CRYPTO)), bars=CRYPTO),
    Layout(name="pandas_zone", text=HEAD.replace("Date", "Datetime") + "".join(
        f"{bar.t:%Y-%m-%d} {bar.t:%H:%M:%S}-05:00,{bar.o},{bar.h},{bar.l},{bar.c},{bar.v}\n" for bar in SESSION), bars=tuple(
        type(bar)(t=bar.t.replace(hour=bar.t.hour + 5), o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v) for bar in SESSION)),
    Layout(name="pandas_microseconds", text=HEAD + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S}.000000" + OHLCV), bars=SESSION),
    Layout(name="pandas_unix_nanoseconds", text=HEAD.replace("Date", "timestamp") + epoch_lines(SESSION, "{e}" + OHLCV, unit=10**9), bars=SESSION),
    Layout(name="pandas_unix_float", text=HEAD.replace("Date", "timestamp") + epoch_lines(SESSION, "{e}.0" + OHLCV), bars=SESSION),
    Layout(name="pandas_missing_rows", text=HEAD + lines(DAILY[:5], "{t:%Y-%m-%d}" + OHLCV) + "2024-01-08 12:00:00,,,,,\n".replace(" 12:00:00", "") .replace("08", "13") + lines(DAILY[5:], "{t:%Y-%m-%d}" + OHLCV), bars=DAILY),
    Layout(name="pandas_compact_dates", text="date,open,high,low,close,volume\n" + lines(DAILY, "{t:%Y%m%d}" + OHLCV), bars=DAILY),
    Layout(name="compact_minutes", text="datetime,open,high,low,close,volume\n" + lines(MINUTES, "{t:%Y%m%d%H%M}" + OHLCV), bars=MINUTES),
    Layout(name="compact_seconds", text="datetime,open,high,low,close,volume\n" + lines(MINUTES, "{t:%Y%m%d%H%M%S}" + OHLCV), bars=MINUTES),
    Layout(name="polars_times", text="time,open,high,low,close,volume\n" + lines(SESSION, "{t:%Y-%m-%dT%H:%M:%S}.000000" + OHLCV), bars=SESSION),
    Layout(name="polars_zone", text="time,open,high,low,close,volume\n" + lines(SESSION, "{t:%Y-%m-%dT%H:%M:%S}.000000+0000" + OHLCV), bars=SESSION),
    Layout(name="arrow_zulu", text="ts,open,high,low,close,volume\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S}Z" + OHLCV), bars=SESSION),
    Layout(name="ccxt_named", text="timestamp,open,high,low,close,volume\n" + epoch_lines(CRYPTO, "{e}" + OHLCV, unit=1000), bars=CRYPTO),
    Layout(name="ccxt_numbers_as_names", text=",0,1,2,3,4,5\n" + "".join(f"{n}," + epoch_lines([bar], "{e}" + OHLCV, unit=1000) for n, bar in enumerate(CRYPTO)), bars=CRYPTO, must="either", reason="header"),
    Layout(name="yfinance_history_ny", text="Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n" + lines(DAILY, "{t:%Y-%m-%d} 00:00:00-05:00" + OHLCV + ",0.0,0.0"), bars=DAILY),
    Layout(name="yfinance_history_tokyo", text="Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n" + lines(DAILY, "{t:%Y-%m-%d} 00:00:00+09:00" + OHLCV + ",0.0,0.0"), bars=DAILY),
    Layout(name="yfinance_history_sydney", text="Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n" + lines(DAILY, "{t:%Y-%m-%d} 00:00:00+11:00" + OHLCV + ",0.0,0.0"), bars=DAILY),
    Layout(name="sydney_opening_times", text="Date,Open,High,Low,Close,Volume\n" + lines(DAILY, "{t:%Y-%m-%d} 10:00:00+11:00" + OHLCV), bars=DAILY),
    Layout(name="tokyo_days_in_utc", text="Date,Open,High,Low,Close,Volume\n" + epoch_lines(DAILY, "{e}" + OHLCV, offset_hours=9), bars=DAILY),
    Layout(name="london_days_in_utc", text="Date,Open,High,Low,Close,Volume\n" + "".join(
        epoch_lines([bar], "{e}" + OHLCV, offset_hours=1 if bar.t.month > 3 else 0) for bar in SUMMER), bars=SUMMER),
    Layout(name="frankfurt_days_in_utc", text="Date,Open,High,Low,Close,Volume\n" + "".join(
        lines([bar], f"{bar.t - timedelta(hours=2 if bar.t.month > 3 else 1):%Y-%m-%dT%H:%M:%S}Z" + OHLCV) for bar in SUMMER), bars=SUMMER),
    Layout(name="riyadh_days_in_utc", text="Date,Open,High,Low,Close,Volume\n" + "".join(
        epoch_lines([bar], "{e}" + OHLCV, offset_hours=3) for bar in GULF), bars=GULF),
    Layout(name="new_york_days_in_utc", text="Date,Open,High,Low,Close,Volume\n" + "".join(
        epoch_lines([bar], "{e}" + OHLCV, offset_hours=-4 if bar.t.month > 3 else -5) for bar in SUMMER), bars=SUMMER),
    Layout(name="yfinance_download", text="Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n" + lines(DAILY, "{t:%Y-%m-%d},{c},{h},{l},{o},{v}"), bars=DAILY),
    Layout(name="yfinance_download_hourly", text="Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDatetime,,,,,\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S}+00:00,{c},{h},{l},{o},{v}"), bars=SESSION),
    Layout(name="yfinance_download_flat", text="Date,Close,High,Low,Open,Volume\n" + lines(DAILY, "{t:%Y-%m-%d},{c},{h},{l},{o},{v}"), bars=DAILY),
    Layout(name="yfinance_download_old", text=",Adj Close,Close,High,Low,Open,Volume\n,AAPL,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,,\n" + lines(DAILY, "{t:%Y-%m-%d},1.5,{c},{h},{l},{o},{v}"), bars=DAILY),
    Layout(name="yfinance_download_two", text=TWO, must="refuse", reason="AAPL.*MSFT"),
    Layout(name="yfinance_download_two_chosen", text=TWO, symbol="MSFT", bars=OTHER),
    Layout(
        name="yfinance_download_by_ticker",
        text="Ticker,MSFT,MSFT,MSFT,MSFT,MSFT,AAPL,AAPL,AAPL,AAPL,AAPL\nPrice,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume\nDate,,,,,,,,,,\n"
        + both("{t:%Y-%m-%d},{O},{H},{L},{C},{V},{o},{h},{l},{c},{v}"),
        symbol="AAPL",
        bars=DAILY,
    ),
    Layout(name="two_symbols_flattened", text="Date,AAPL_Open,AAPL_High,AAPL_Low,AAPL_Close,MSFT_Open,MSFT_High,MSFT_Low,MSFT_Close\n" + both("{t:%Y-%m-%d},{o},{h},{l},{c},{O},{H},{L},{C}"), must="refuse", reason="."),
    Layout(name="long_table_by_day", text=LONG + "".join(lines([one], "{t:%Y-%m-%d},AAPL" + OHLCV) + lines([two], "{t:%Y-%m-%d},MSFT" + OHLCV) for one, two in zip(DAILY, OTHER)), must="refuse", reason="AAPL.*MSFT"),
    Layout(name="long_table_chosen", text=LONG + lines(DAILY, "{t:%Y-%m-%d},AAPL" + OHLCV) + lines(OTHER, "{t:%Y-%m-%d},MSFT" + OHLCV), symbol="MSFT", bars=OTHER),
    Layout(name="long_table_of_one", text=LONG + lines(DAILY, "{t:%Y-%m-%d},AAPL" + OHLCV), bars=DAILY),
    Layout(name="long_table_choice_not_there", text=LONG + lines(DAILY, "{t:%Y-%m-%d},AAPL" + OHLCV) + lines(OTHER, "{t:%Y-%m-%d},MSFT" + OHLCV), symbol="TSLA", must="refuse", reason="TSLA"),
    Layout(name="long_table_one_after_the_other", text=LONG + lines(DAILY[:15], "{t:%Y-%m-%d},AAPL" + OHLCV) + lines(DAILY[15:], "{t:%Y-%m-%d},AAPU" + OHLCV), must="refuse", reason="AAPL.*AAPU"),
    Layout(name="long_table_of_two_intervals", text="symbol,interval,time,open,high,low,close,volume\n" + lines(DAILY, "AAPL,1d,{t:%Y-%m-%d %H:%M}" + OHLCV) + lines(SESSION, "AAPL,1h,{t:%Y-%m-%d %H:%M}" + OHLCV), must="refuse", reason="1d.*1h"),
    Layout(name="quantmod", text='"","AAPL.Open","AAPL.High","AAPL.Low","AAPL.Close","AAPL.Volume","AAPL.Adjusted"\n' + lines(DAILY, '"{t:%Y-%m-%d}"' + OHLCV + ",1.5"), bars=DAILY),
    Layout(name="quantmod_zoo", text='"Index" "AAPL.Open" "AAPL.High" "AAPL.Low" "AAPL.Close" "AAPL.Volume"\n' + lines(DAILY, "{t:%Y-%m-%d} {o} {h} {l} {c} {v}"), bars=DAILY, must="either", reason="header"),
    Layout(name="tushare", text="ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n" + lines(tuple(reversed(PRICEY)), "600519.SH,{t:%Y%m%d},{o},{h},{l},{c},1.0,0.1,0.2,{v},12.5"), bars=PRICEY),
    Layout(name="baostock", text="date,code,open,high,low,close,preclose,volume,amount,adjustflag\n" + lines(DAILY, "{t:%Y-%m-%d},sh.600000,{o},{h},{l},{c},1.0,{v},12.5,3"), bars=DAILY),
    Layout(name="akshare", text="日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率\n" + lines(DAILY, "{t:%Y-%m-%d},600519,{o},{c},{h},{l},{v},1.5,1,1,1,1"), bars=DAILY),
    Layout(name="backtrader", text="datetime,open,high,low,close,volume,openinterest\n" + lines(SESSION, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV + ",0"), bars=SESSION),
    Layout(name="lean_daily", text=lines(DAILY, "{t:%Y%m%d 00:00}" + OHLCV), must="refuse", reason="names|header"),
    Layout(name="json_records", text='[{"date":"2024-01-02","open":1,"high":2,"low":1,"close":1,"volume":1}]', must="refuse", reason="JSON"),
    Layout(name="json_lines", text=lines(DAILY, '{{"t":"{t:%Y-%m-%d}","o":{o},"h":{h},"l":{l},"c":{c},"v":{v}}}'), must="refuse", reason="JSON"),
    Layout(name="markdown_table", text="| Date | Open | High | Low | Close | Volume |\n|---|---|---|---|---|---|\n" + lines(DAILY, "| {t:%Y-%m-%d} | {o} | {h} | {l} | {c} | {v} |"), bars=DAILY, must="either", reason="Line"),
    Layout(name="printed_frame", text="                  Open    High     Low   Close  Volume\nDate\n" + lines(DAILY, "{t:%Y-%m-%d}  {o}  {h}  {l}  {c}  {v}"), must="refuse", reason="header|names"),
    Layout(name="weekend_days", text=HEAD + lines(ALL_DAYS, "{t:%Y-%m-%d}" + OHLCV), bars=ALL_DAYS),
)
