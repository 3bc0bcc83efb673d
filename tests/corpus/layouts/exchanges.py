"""Tables as crypto exchanges and the collections of their bars have them."""

from tests.corpus.layouts.known import ALL_DAYS, Bar, CRYPTO, Layout, epoch, epoch_lines, lines, styled_lines

QUIET_DAYS = tuple(Bar(t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=0) for bar in ALL_DAYS)
OHLCV = ",{o},{h},{l},{c},{v}"
NEWEST = tuple(reversed(CRYPTO))
URL = "https://www.CryptoDataDownload.com\n"
BINANCE_TAIL = ",0,1.5,12,0.5,0.7,0"
CDD = "{t:%Y-%m-%d %H:%M:%S},BTCUSDT" + OHLCV + ",99.5,12"


def binance(unit: int) -> str:
    return "".join(
        f"{epoch(bar, unit=unit)},{bar.o},{bar.h},{bar.l},{bar.c},{bar.v},{epoch(bar, unit=unit) + 21600 * unit - 1}"
        ",88.5,12,3.5,4.5,0\n"
        for bar in CRYPTO
    )


LAYOUTS = (
    Layout(name="binance_archive", text=binance(1000), bars=CRYPTO, must="either", reason="header|names"),
    Layout(name="binance_archive_named", text="open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n" + binance(1000), bars=CRYPTO),
    Layout(name="binance_archive_2025", text="open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n" + binance(10**6), bars=CRYPTO),
    Layout(name="binance_words", text="Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,Taker buy base asset volume,Taker buy quote asset volume,Ignore\n" + binance(1000), bars=CRYPTO),
    Layout(name="binance_words_as_dates", text="Open time,Open,High,Low,Close,Volume,Close time\n" + lines(CRYPTO, "{t:%Y-%m-%d %H:%M:%S}" + OHLCV + ",{t:%Y-%m-%d} 23:59:59.999"), bars=CRYPTO),
    Layout(name="kraken_archive", text=epoch_lines(CRYPTO, "{e}" + OHLCV + ",12"), bars=CRYPTO, must="either", reason="header|names"),
    Layout(name="kraken_named", text="time,open,high,low,close,vwap,volume,count\n" + epoch_lines(CRYPTO, "{e},{o},{h},{l},{c},1.5,{v},12"), bars=CRYPTO),
    Layout(name="coinbase_named", text="time,low,high,open,close,volume\n" + epoch_lines(NEWEST, "{e},{l},{h},{o},{c},{v}"), bars=CRYPTO),
    Layout(name="coinbase_numbers", text=epoch_lines(NEWEST, "{e},{l},{h},{o},{c},{v}"), must="refuse", reason="header|names"),
    Layout(name="bitstamp", text="timestamp,open,high,low,close,volume\n" + epoch_lines(NEWEST, "{e}" + OHLCV), bars=CRYPTO),
    Layout(name="bitfinex", text="time,open,close,high,low,volume\n" + epoch_lines(NEWEST, "{e},{o},{c},{h},{l},{v}", unit=1000), bars=CRYPTO),
    Layout(name="kucoin", text="time,open,close,high,low,volume,turnover\n" + epoch_lines(NEWEST, "{e},{o},{c},{h},{l},{v},3.5"), bars=CRYPTO),
    Layout(name="okx", text="ts,o,h,l,c,vol,volCcy,volCcyQuote,confirm\n" + epoch_lines(NEWEST, "{e}" + OHLCV + ",3.5,4.5,1", unit=1000), bars=CRYPTO),
    Layout(name="bybit", text="startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover\n" + epoch_lines(NEWEST, "{e}" + OHLCV + ",3.5", unit=1000), bars=CRYPTO),
    Layout(name="bybit_intervals", text="symbol,interval,open_time,open,high,low,close,volume,turnover\n" + epoch_lines(CRYPTO, "BTCUSDT,360,{e}" + OHLCV + ",3.5", unit=1000), bars=CRYPTO),
    Layout(name="gateio", text="t,v,c,h,l,o\n" + epoch_lines(CRYPTO, "{e},{v},{c},{h},{l},{o}"), bars=CRYPTO),
    Layout(name="coingecko", text="snapped_at,price,market_cap,total_volume\n" + lines(ALL_DAYS, "{t:%Y-%m-%d %H:%M:%S} UTC,{c},1.5,{v}"), must="refuse", reason="Open|open|header"),
    Layout(
        name="coinmarketcap",
        text="timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp\n"
        + lines(tuple(reversed(ALL_DAYS)), '"{t:%Y-%m-%d}T00:00:00.000Z";"{t:%Y-%m-%d}T23:59:59.999Z";"{t:%Y-%m-%d}T10:12:00.000Z";"{t:%Y-%m-%d}T03:04:00.000Z";"2781";{o};{h};{l};{c};{v};1.5;"{t:%Y-%m-%d}T23:59:59.999Z"'),
        bars=ALL_DAYS,
    ),
    Layout(
        name="coinapi",
        text="time_period_start;time_period_end;time_open;time_close;price_open;price_high;price_low;price_close;volume_traded;trades_count\n"
        + lines(CRYPTO, "{t:%Y-%m-%dT%H:%M:%S}.0000000Z;{t:%Y-%m-%d}T23:00:00.0000000Z;{t:%Y-%m-%dT%H}:00:07.1230000Z;{t:%Y-%m-%dT%H}:59:58.1230000Z;{o};{h};{l};{c};{v};12"),
        bars=CRYPTO,
    ),
    Layout(name="cdd", text=URL + "unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT,tradecount\n" + "".join(f"{epoch(bar, unit=1000)}," + lines([bar], CDD) for bar in NEWEST), bars=CRYPTO),
    Layout(name="cdd_cut", text="Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n" + "".join(f"{epoch(bar, unit=1000)}," + lines([bar], CDD) for bar in NEWEST), bars=CRYPTO),
    Layout(name="cdd_seconds_and_milliseconds", text=URL + "unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT,tradecount\n" + "".join(f"{epoch(bar, unit=1000 if n < 40 else 1)}," + lines([bar], CDD) for n, bar in enumerate(NEWEST)), bars=CRYPTO),
    Layout(name="cdd_daily", text=URL + "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD\n" + epoch_lines(tuple(reversed(ALL_DAYS)), "{e},{t:%Y-%m-%d %H:%M:%S},BTC/USD" + OHLCV + ",99.5"), bars=ALL_DAYS),
    Layout(name="cdd_dollars_first", text=URL + "Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume USD,Volume BTC\n" + epoch_lines(NEWEST, "{e},{t:%Y-%m-%d %H:%M:%S},BTCUSD,{o},{h},{l},{c},99.5,{v}"), bars=CRYPTO),
    Layout(name="cdd_of_two_coins", text=URL + "unix,date,symbol,open,high,low,close,Volume ETH,Volume BTC\n" + epoch_lines(NEWEST, "{e},{t:%Y-%m-%d %H:%M:%S},ETH/BTC" + OHLCV + ",99.5"), bars=CRYPTO),
    Layout(name="cdd_twelve_hour_clock", text=URL + "Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USD\n" + lines(NEWEST, "{t:%Y-%m-%d %I-%p},BTCUSD" + OHLCV + ",99.5"), bars=CRYPTO),
    Layout(name="gemini", text=URL + "Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume\n" + epoch_lines(NEWEST, "{e}.0,{t:%Y-%m-%d %H:%M:%S},BTCUSD" + OHLCV, unit=1000), bars=CRYPTO),
    Layout(name="kaggle_bitstamp", text="Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price\n" + epoch_lines(CRYPTO[:9], "{e}" + OHLCV + ",1.5,2.5") + "1704499200,NaN,NaN,NaN,NaN,NaN,NaN,NaN\n".replace("1704499200", str(epoch(CRYPTO[9]) - 60)) + epoch_lines(CRYPTO[9:], "{e}" + OHLCV + ",1.5,2.5"), bars=CRYPTO),
    Layout(name="kaggle_coins", text="SNo,Name,Symbol,Date,High,Low,Open,Close,Volume,Marketcap\n" + lines(ALL_DAYS, "{n},Bitcoin,BTC,{t:%Y-%m-%d} 23:59:59,{h},{l},{o},{c},{v},0.0"), bars=ALL_DAYS),
    Layout(name="investing_coin", text='"Date","Price","Open","High","Low","Vol.","Change %"\n' + styled_lines(tuple(reversed(ALL_DAYS)), '"{t:%m/%d/%Y}","{c}","{o}","{h}","{l}","","1.25%"', ".", ","), bars=QUIET_DAYS),
    Layout(name="yahoo_coin", text="Date,Open,High,Low,Close,Adj Close,Volume\n" + lines(ALL_DAYS, "{t:%Y-%m-%d},{o},{h},{l},{c},{c},{v}"), bars=ALL_DAYS),
    Layout(name="two_coins", text="timestamp,symbol,open,high,low,close,volume\n" + epoch_lines(CRYPTO[:40], "{e},BTC/USDT" + OHLCV, unit=1000) + epoch_lines(CRYPTO[40:], "{e},ETH/USDT" + OHLCV, unit=1000), must="refuse", reason="BTC/USDT.*ETH/USDT"),
)
