"""Bars written in a layout drawn at random are read as they are, or refused; never as other numbers."""

import io
from datetime import datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest_engine.data.csv_bars import read_csv
from backtest_engine.errors import InvalidData
from tests.corpus.layouts.known import Bar, clocks, days, walk

DATES = (
    "{t:%Y-%m-%d}", "{t:%Y/%m/%d}", "{t:%Y.%m.%d}", "{t:%Y%m%d}", "{t:%d.%m.%Y}", "{t:%m/%d/%Y}", "{t:%d/%m/%Y}",
    "{t.month}/{t.day}/{t.year}", "{t:%d-%b-%Y}", "{t:%b} {t.day}, {t.year}", "{t:%d.%m.%y}", "{t:%m/%d/%y}",
    "{t:%y-%m-%d}", "{t:%A, %B %d, %Y}", "{t.year}-{t.month}-{t.day}",
)  # fmt: skip
CLOCKS = (
    "{t:%H:%M}", "{t:%H:%M:%S}", "{t.hour}:{t:%M}", "{t:%I:%M %p}", "{t:%I:%M:%S%p}", "{t:%H%M%S}", "{t:%H%M}",
    "{t:%H:%M:%S}.000", "{t:%H:%M:%S}Z", "{t:%H:%M:%S}+00:00", "{t:%H:%M} GMT", "{s}", "{k}",
)  # fmt: skip
NAMES = (
    ("Date", "Time", "Open", "High", "Low", "Close", "Volume"),
    ("<DATE>", "<TIME>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<VOL>"),
    ("date", "time", "o", "h", "l", "c", "v"),
    ("Datum", "Zeit", "Eröffnung", "Hoch", "Tief", "Schluss", "Volumen"),
    ("Fecha", "Hora", "Apertura", "Máximo", "Mínimo", "Cierre", "Volumen"),
    ("trade_date", "time", "AAPL.Open", "AAPL.High", "AAPL.Low", "AAPL.Close", "AAPL.Volume"),
)
EXTRAS = ("Adj Close", "Turnover", "VWAP", "Number of trades", "Change %", "Ticker", "Open Interest", "Weekday")
STYLES = ((".", ""), (".", ","), (",", "."), (",", " "), (".", "'"), (",", ""), (".", " "))


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, list[Bar]]:
    """Draw bars, and a text that holds them."""
    bars = draw(known_bars())
    intraday = any(bar.t.hour or bar.t.minute for bar in bars)
    names = draw(st.sampled_from(NAMES))
    separator = draw(st.sampled_from(",;\t|"))
    point, thousands = draw(st.sampled_from(STYLES))
    if separator == "," and thousands == ".":
        # Nobody parts thousands with points and cells with commas.
        thousands = ""
    date = draw(st.sampled_from(DATES))
    clock = draw(st.sampled_from(CLOCKS)) if intraday else ""
    joined = draw(st.booleans()) if clock else True
    extras = draw(st.lists(st.sampled_from(EXTRAS), max_size=3, unique=True))
    columns = [(names[0], "date"), *zip(names[2:6], "ohlc", strict=True)]
    columns += [] if joined else [(names[1], "clock")]
    columns += draw(st.sampled_from([[], [(names[6], "v")]]))
    columns += [(extra, extra) for extra in extras]
    columns = draw(st.permutations(columns)) if draw(st.booleans()) else columns
    if draw(st.booleans()):
        columns = [("", "row"), *columns]

    def cell(kind: str, number: int, bar: Bar) -> str:
        moment = {"t": bar.t, "s": bar.t.hour * 3600 + bar.t.minute * 60, "k": int(f"{bar.t:%H%M%S}")}
        written = {
            "row": str(number),
            "date": date.format(**moment) + (f" {clock.format(**moment)}" if clock and joined else ""),
            "clock": clock.format(**moment),
            "v": grouped(str(bar.v), point, thousands),
            **{name: grouped(getattr(bar, name), point, thousands) for name in "ohlc"},
        }
        text = written.get(kind, {"Ticker": "AAPL", "Weekday": f"{bar.t:%a}"}.get(kind, "1"))
        return f'"{text}"' if separator in text else text

    rows = [separator.join(cell(kind, number, bar) for _, kind in columns) for number, bar in enumerate(bars)]
    if draw(st.booleans()):
        rows.reverse()
    title = draw(st.sampled_from(["", "https://www.example.com\n", "Prices of AAPL\n\n", "# adjusted: no\n"]))
    header = separator.join(name for name, _ in columns)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = title + header + "\n" + "\n".join(rows) + "\n"
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    volumes = any(kind == "v" for _, kind in columns)
    return text.replace("\n", end).encode(encoding), [
        bar if volumes else Bar(t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=0) for bar in bars
    ]


@st.composite
def known_bars(draw: st.DrawFn) -> list[Bar]:
    """Draw a random walk of days, hours or minutes, at a price and with so many decimals."""
    places = draw(st.sampled_from([0, 1, 2, 3, 4, 5]))
    price = draw(st.sampled_from([1.1042, 9.5, 141.0, 187.0, 1187.0, 16_769.0, 1_234_567.0]))
    first = draw(st.dates(datetime(1999, 12, 20).date(), datetime(2025, 12, 1).date())).isoformat()  # noqa: DTZ001
    step = draw(st.sampled_from(["day", "hour", "minutes"]))
    dates = days(draw(st.integers(3, 30)), first=first, weekends=draw(st.booleans()))
    if step == "hour":
        dates = clocks(dates[:8], draw(st.sampled_from(["00:00", "09:30", "17:15"])), 6, 60)
    elif step == "minutes":
        dates = clocks(dates[:3], draw(st.sampled_from(["00:00", "09:30", "12:55"])), 40, 5)
    bars = walk(dates, price=price, places=places, seed=draw(st.integers(1, 10_000)))
    return [bar for bar in bars if float(bar.l) > 0]


def grouped(number: str, point: str, thousands: str) -> str:
    """Return a number in a style."""
    whole, _, rest = number.partition(".")
    return f"{int(whole):,}".replace(",", thousands) + (f"{point}{rest}" if rest else "")


class Count:
    read = 0
    refused = 0


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_a_layout_is_read_right_or_refused(table: tuple[bytes, list[Bar]]) -> None:
    raw, bars = table
    try:
        found, _ = read_csv(io.BytesIO(raw))
    except InvalidData:
        Count.refused += 1
        return
    Count.read += 1

    expected = sorted(bars, key=lambda bar: bar.t)
    assert [stamp.to_pydatetime() for stamp in found.index] == [bar.t for bar in expected]
    prices = [[float(value) for value in (bar.o, bar.h, bar.l, bar.c, bar.v)] for bar in expected]
    np.testing.assert_allclose(found.to_numpy(), prices, rtol=1e-12)


def test_most_layouts_are_read() -> None:
    if Count.read + Count.refused < 100:
        pytest.skip("needs the layouts drawn by the test above")

    assert Count.read > Count.refused
