"""Bars that are known, and a way to write them as other programs do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar; prices are texts with a decimal point, as a price list has them."""

    t: datetime
    o: str
    h: str
    l: str  # noqa: E741 - the usual letters of a bar
    c: str
    v: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A file as somebody exports it, and what it must be read as.

    `must` is `read`, `refuse` or `either` (right or refused); `reason` is a pattern that a refusal's message matches.
    `symbol` is the one to choose where the file has several.
    """

    name: str
    text: str | bytes
    bars: Sequence[Bar] = ()
    must: str = "read"
    reason: str = ""
    symbol: str | None = None

    @property
    def raw(self) -> bytes:
        """The bytes of the file."""
        return self.text if isinstance(self.text, bytes) else self.text.encode()


def walk(times: Sequence[datetime], *, price: float, places: int = 2, seed: int = 1) -> tuple[Bar, ...]:
    """Return bars of a random walk that is the same everywhere."""
    state, bars, close = seed, [], price

    def draw() -> float:
        nonlocal state
        state = (state * 1_103_515_245 + 12_345) % 2**31
        return state / 2**31

    for time in times:
        opened = close
        close = opened * (1 + (draw() - 0.5) * 0.012)
        high = max(opened, close) * (1 + draw() * 0.004)
        low = min(opened, close) * (1 - draw() * 0.004)
        opened, close = round(opened, places), round(close, places)
        written = [f"{value:.{places}f}" for value in (opened, max(high, opened, close), min(low, opened, close), close)]
        bars.append(Bar(t=time, o=written[0], h=written[1], l=written[2], c=written[3], v=int(draw() * 900_000) + 10_007))
    return tuple(bars)


def days(count: int = 30, *, first: str = "2024-01-02", weekends: bool = False) -> list[datetime]:
    """Return dates, of weekdays unless weekends too."""
    day, found = datetime.fromisoformat(first), []
    while len(found) < count:
        if weekends or day.weekday() < 5:
            found.append(day)
        day += timedelta(days=1)
    return found


def clocks(dates: Sequence[datetime], first: str, count: int, minutes: int) -> list[datetime]:
    """Return `count` times a day from a first clock time."""
    hour, minute = (int(part) for part in first.split(":"))
    return [
        date + timedelta(hours=hour, minutes=minute + minutes * number) for date in dates for number in range(count)
    ]


DAILY = walk(days(), price=187, seed=3)
PRICEY = walk(days(), price=1187, seed=4)
INDEX = walk(days(), price=16_769, places=0, seed=5)
ALL_DAYS = walk(days(weekends=True), price=44_000, seed=6)
SESSION = walk(clocks(days(15), "09:30", 7, 60), price=187, seed=7)
MINUTES = walk(clocks(days(1), "09:30", 60, 1), price=187, seed=8)
FOREX = walk(clocks(days(3), "00:00", 24, 60), price=1.1042, places=5, seed=9)
CRYPTO = walk(clocks(days(20, weekends=True), "00:00", 4, 360), price=44_000, seed=10)
YEN = walk(clocks(days(3), "00:00", 24, 60), price=141.012, places=3, seed=11)
NO_VOLUME = tuple(Bar(t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=0) for bar in DAILY)
OTHER = walk(days(), price=372, seed=12)


def lines(bars: Sequence[Bar], form: str) -> str:
    """Return one line for each bar: fields `t o h l c v`, and `n` for its number."""
    return "".join(
        form.format(t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v, n=number) + "\n"
        for number, bar in enumerate(bars)
    )


def styled(bars: Sequence[Bar], point: str, thousands: str, *, grouped_volume: bool = True) -> list[dict[str, str]]:
    """Return the fields of bars with another decimal mark and thousands separator."""
    return [
        {
            **{
                name: f"{float(value):,.{len(value.partition('.')[2])}f}".translate(
                    str.maketrans({",": thousands, ".": point})
                )
                for name, value in (("o", bar.o), ("h", bar.h), ("l", bar.l), ("c", bar.c))
            },
            "v": f"{bar.v:,}".replace(",", thousands) if grouped_volume else str(bar.v),
        }
        for bar in bars
    ]


def styled_lines(bars: Sequence[Bar], form: str, point: str, thousands: str, *, grouped_volume: bool = True) -> str:
    """Return one line for each bar, its numbers in a style."""
    fields = styled(bars, point, thousands, grouped_volume=grouped_volume)
    return "".join(form.format(t=bar.t, **field) + "\n" for bar, field in zip(bars, fields, strict=True))


def epoch(bar: Bar, *, unit: int = 1, offset_hours: float = 0) -> int:
    """Return Unix time, in a unit of which so many make a second."""
    return int(((bar.t - datetime(1970, 1, 1)).total_seconds() - offset_hours * 3600) * unit)  # noqa: DTZ001


def epoch_lines(bars: Sequence[Bar], form: str, *, unit: int = 1, offset_hours: float = 0) -> str:
    """Return one line for each bar, with the field `e` of its Unix time."""
    return "".join(
        form.format(
            t=bar.t, o=bar.o, h=bar.h, l=bar.l, c=bar.c, v=bar.v, e=epoch(bar, unit=unit, offset_hours=offset_hours)
        )
        + "\n"
        for bar in bars
    )
