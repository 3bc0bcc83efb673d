"""What a description says besides rules: market, interval, dates, cash, costs and leverage, found anywhere in it.

It does not matter which grammar reads the rules: `rest` is the description with these words blanked out, so that every
other word keeps its place.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.reader import Question
from backtest_engine.language.tables import table

FIRST_YEAR, LAST_YEAR = 1950, 2049
MASK = "@"
TITLES = {"symbol": "market", "interval": "interval", "start": "start date", "end": "end date", "last": "dates"}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One thing that a description says about how to run it, and where it says so."""

    field: str
    value: Any
    text: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        """Return the setting as a client gets it."""
        return {"field": self.field, "value": self.value, "text": self.text, "start": self.start, "end": self.end}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a description; `rest` is the description with their words blanked out, place by place.

    A field that is said twice with different values is in none of them but in `conflicts`.
    """

    said: tuple[Setting, ...]
    rest: str

    @property
    def conflicts(self) -> Mapping[str, tuple[Setting, ...]]:
        """The fields that are said with more than one value."""
        named: dict[str, dict[Any, Setting]] = {}
        for setting in self.said:
            named.setdefault(setting.field, {}).setdefault(setting.value, setting)
        return {name: tuple(values.values()) for name, values in named.items() if len(values) > 1}

    @property
    def values(self) -> dict[str, Any]:
        """Return `symbol`, `interval`, `start`, `end`, `last`, `cash`, `commission` and `leverage`, as far as said.

        Dates are ISO texts, both inclusive; `last` is a span that ends today, such as `5y` or `6mo`.
        """
        conflicts = self.conflicts
        return {setting.field: setting.value for setting in self.said if setting.field not in conflicts}


@lru_cache(maxsize=256)
def read_settings(text: str) -> Settings:
    """Return what a description says besides rules."""
    masked, found = text, list[Setting]()
    for _ in range(2):
        for pattern in _patterns():
            for match in pattern.expression.finditer(masked):
                settings = list(pattern.read(match, text))
                if not settings or MASK in match.group() or _told(settings[0], masked):
                    continue
                found += settings
                masked = masked[: match.start()] + MASK * len(match.group()) + masked[match.end() :]
    found, masked = _one_interval(found, masked, text)
    return Settings(said=tuple(sorted(found, key=lambda one: one.start)), rest=_blanked(masked, text))


def _told(setting: Setting, text: str) -> bool:
    """Whether a market or date is part of a story: `I traded this from 2021 on`."""
    if setting.field not in ("symbol", "start", "end"):
        return False
    before = re.split(r"[.!?\n;]", text[: setting.start])[-1].lower()
    return not _words()["story"].isdisjoint(re.findall(r"[a-z]+", before))


@dataclass(frozen=True)
class _Pattern:
    expression: re.Pattern[str]
    read: Callable[[re.Match[str], str], Iterator[Setting]]


@cache
def _patterns() -> tuple[_Pattern, ...]:
    records = table("settings.toml")["patterns"]
    return tuple(
        _Pattern(re.compile(_filled(record["pattern"]), re.IGNORECASE), READERS[record["field"]]) for record in records
    )


def examples() -> list[tuple[str, str, Any]]:
    """Return every pattern's field, example and the value that it holds."""
    records = table("settings.toml")["patterns"]
    return [(record["field"], record["example"], record["value"]) for record in records]


@cache
def _markets() -> dict[str, str]:
    """Return what is said, in small letters, to symbols."""
    listed = table("markets.toml")["names"]
    return {name: symbol for symbol, names in listed.items() for name in names}


@cache
def _lists() -> dict[str, list[str]]:
    listed = table("markets.toml")["lists"]
    return {name: words.split() for name, words in listed.items()}


@cache
def _words() -> dict[str, frozenset[str]]:
    listed = table("settings.toml")["words"]
    return {name: frozenset(words.split()) for name, words in listed.items()}


@cache
def _numbers() -> dict[str, int]:
    numbers: dict[str, int] = table("settings.toml")["numbers"]
    return numbers


@cache
def _no_tickers() -> frozenset[str]:
    names = {
        word.upper() for known in REGISTRY.values() for name in (known.name, *known.aliases) for word in name.split()
    }
    return frozenset({*names, *_lists()["never"]})


@cache
def _seconds() -> dict[str, int]:
    """Return the intervals that bars come in, with their nominal seconds."""
    units = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "mo": 2_592_000}
    names = table("settings.toml")["words"]["intervals"].split()
    return {name: int(name.rstrip("mhdwo")) * units[name.lstrip("0123456789")] for name in names}


def _either(words: list[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(set(words), key=len, reverse=True))


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_YEAR = re.compile(r"(?:19|20)\d\d")
_NAMED = re.compile(r"\{([A-Z]+2?)\}")


def _filled(pattern: str) -> str:
    """Put the named parts into a pattern, until none is left."""
    while True:
        grown = _NAMED.sub(lambda match: _macros()[match[1]], pattern)
        if grown == pattern:
            return pattern
        pattern = grown


@cache
def _macros() -> dict[str, str]:
    lists = _lists()
    words = {"CURRENCY": lists["currencies"], "METAL": lists["metals"], "COIN": lists["coins"]}
    words |= {"QUOTE": lists["quotes"], "SHARE": lists["tickers"], "NAME": list(_markets())}
    macros: dict[str, str] = table("settings.toml")["macros"]
    return {**macros, **{name: _either(values) for name, values in words.items()}}


def _setting(field: str, value: Any, match: re.Match[str], text: str) -> Setting:
    return Setting(
        field=field, value=value, text=text[match.start() : match.end()].strip(), start=match.start(), end=match.end()
    )


def _symbol(match: re.Match[str], text: str) -> Iterator[Setting]:
    groups = match.groupdict()
    if groups.get("market"):
        yield _setting("symbol", _spelled(groups["market"]), match, text)
    elif groups.get("ticker") and groups["ticker"].upper() not in _no_tickers():
        yield _setting("symbol", groups["ticker"].upper(), match, text)
    elif groups.get("named") and groups["named"].lower() not in ("on", "in", "is", "and", "with", "when", "order"):
        yield _setting("symbol", _spelled(groups["named"]), match, text)
    elif groups.get("capital") and groups["capital"] not in _no_tickers():
        yield _setting("symbol", groups["capital"], match, text)


def _spelled(words: str) -> str:
    """Return a symbol as data sources spell it: `eur/usd` is EURUSD, `eth usdt` is ETH/USDT, `apple` is AAPL."""
    plain = re.sub(r"\s+", " ", words.lower().replace("’", "'"))
    if plain in _markets():
        return _markets()[plain]
    lists = _lists()
    joined = re.sub(r"[\s/-]", "", plain)
    base, quote = joined[:3], joined[3:]
    if base in {*lists["currencies"], *lists["metals"]} and quote in lists["currencies"]:
        return joined.upper()
    for coin in sorted(lists["coins"], key=len, reverse=True):
        if joined.startswith(coin) and joined[len(coin) :] in lists["quotes"]:
            quote = joined[len(coin) :]
            whole = f"{coin.upper()}/{quote.replace('perp', 'usdt').upper()}"
            return "BTCUSD" if whole == "BTC/USD" else whole
    return words.upper()


def _interval(match: re.Match[str], text: str) -> Iterator[Setting]:
    name = _interval_name(match)
    if name in _seconds():
        yield _setting("interval", name, match, text)


def _interval_name(match: re.Match[str]) -> str:
    if match["word"]:
        return {"daily": "1d", "hourly": "1h", "weekly": "1w", "monthly": "1mo", "minute": "1m"}[match["word"].lower()]
    if match["code"]:
        return match["code"][1:] + match["code"][0].lower()
    unit = match["unit"].lower()
    short = "mo" if unit.startswith("mon") else unit[0]
    count = _count(match["count"])
    return {"60m": "1h", "240m": "4h", "24h": "1d", "7d": "1w"}.get(f"{count}{short}", f"{count}{short}")


def _count(words: str | None) -> int:
    if not words:
        return 1
    return int(words) if words.isdigit() else _numbers()[words.lower()]


def _dates(match: re.Match[str], text: str) -> Iterator[Setting]:
    groups = match.groupdict()
    since, until = groups.get("since") or groups.get("year"), groups.get("until") or groups.get("year")
    first, last = _day(since, last=False), _day(until, last=True)
    if first is not None and last is not None and first > last:
        return
    if first is not None:
        yield _setting("start", first.isoformat(), match, text)
    if last is not None:
        yield _setting("end", last.isoformat(), match, text)


def _day(words: str | None, *, last: bool) -> date | None:
    """Return the first or last day of what is said: a day, a month or a year."""
    if not words:
        return None
    plain = words.lower()
    found = _YEAR.search(plain)
    if found is None:
        return None
    year = int(found.group())
    numbers = [int(number) for number in re.findall(r"\d+", plain.replace(found.group(), " ", 1))]
    named = next((number for number, name in enumerate(MONTHS, 1) if re.search(rf"\b{name}", plain)), None)
    month = named or (numbers.pop(0) if len(numbers) == 2 else None)
    if month is None:
        return date(year, 12, 31) if last else date(year, 1, 1)
    try:
        return date(year, month, numbers[0] if numbers else monthrange(year, month)[1] if last else 1)
    except ValueError:
        return None


def _last(match: re.Match[str], text: str) -> Iterator[Setting]:
    unit, count = match["unit"].lower(), _count(match["count"])
    value = f"{10 * count}y" if unit == "decade" else f"{count}{'y' if unit.startswith('y') else 'mo'}"
    yield _setting("last", value, match, text)


def _cash(match: re.Match[str], text: str) -> Iterator[Setting]:
    words = re.sub(r"[$€£,]|dollars|bucks|usdt?|euros?|eur", "", match["amount"].lower()).strip()
    if words.endswith("thousand"):
        parts = [_numbers()[word] for word in words.split()[:-1]]
        value = 1000.0
        for part in parts:
            value *= part
    else:
        value = float(words.rstrip("k ").strip()) * (1000 if words.endswith("k") else 1)
    if value >= 100:
        yield _setting("cash", int(value) if value == int(value) else value, match, text)


def _commission(match: re.Match[str], text: str) -> Iterator[Setting]:
    number = match.groupdict().get("number")
    if number is None:
        yield _setting("commission", 0, match, text)
    else:
        scale = 10_000 if match["scale"].lower().startswith("b") else 100
        yield _setting("commission", round(float(number) / scale, 10), match, text)


def _leverage(match: re.Match[str], text: str) -> Iterator[Setting]:
    groups = match.groupdict()
    said = groups.get("ratio") or groups.get("times")
    value = 1.0 if groups.get("none") else float(said or 0)
    if value >= 1:
        yield _setting("leverage", int(value) if value == int(value) else value, match, text)


READERS: Mapping[str, Callable[[re.Match[str], str], Iterator[Setting]]] = {
    "symbol": _symbol,
    "interval": _interval,
    "dates": _dates,
    "last": _last,
    "cash": _cash,
    "commission": _commission,
    "leverage": _leverage,
}


def _one_interval(found: list[Setting], masked: str, text: str) -> tuple[list[Setting], str]:
    """Leave intervals to the rules where several are said: conditions on longer bars stand among them."""
    intervals = [one for one in found if one.field == "interval"]
    if len({one.value for one in intervals}) < 2:
        return found, masked
    finest = min((one.value for one in intervals), key=_seconds().__getitem__)
    for one in intervals:
        masked = masked[: one.start] + text[one.start : one.end] + masked[one.end :]
    kept = next(one for one in intervals if one.value == finest)
    return [one for one in found if one.field != "interval" or one is kept], masked


_SENTENCE = re.compile(r"[^.!?\n;|]+(?:\.(?=\w)[^.!?\n;|]*)*[.!?\n;|]*")


def _blanked(masked: str, text: str) -> str:
    """Blank the settings out: with the words that only lead to them, and whole sentences that say nothing else."""
    if MASK not in masked or MASK in text:
        return text
    masked = "".join(_sentence(part.group()) for part in _SENTENCE.finditer(masked)) if _whole(masked) else masked
    return masked.replace(MASK, " ")


def _whole(masked: str) -> bool:
    return "".join(part.group() for part in _SENTENCE.finditer(masked)) == masked


def _sentence(words: str) -> str:
    if MASK not in words:
        return words
    spoken = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+", words)
    end = re.search(r"[.!?\n;|]*$", words)
    tail = end.group() if end else ""
    if all(word.lower().replace("’", "'") in _words()["glue"] for word in spoken):
        return " " * (len(words) - len(tail)) + ("\n" * tail.count("\n")).rjust(len(tail))
    return _trimmed(_subjects(words))


def _subjects(words: str) -> str:
    """Leave a word for the price where a market is what a verb speaks of."""

    def said(match: re.Match[str]) -> str:
        mask = match["mask"]
        if match["verb"].lower() not in _words()["verbs"]:
            return match.group()
        return ("price" if len(mask) >= len("price") else "it").ljust(len(mask)) + match["gap"] + match["verb"]

    return re.sub(r"(?P<mask>@{2,})(?P<gap>\s{1,3})(?P<verb>[a-z]+)", said, words, flags=re.IGNORECASE)


_BEFORE = re.compile(
    r"(?P<lead>(?:\b[a-z]{1,9}\s{1,3}){0,3})(?P<mask>@[@\s,]*@)(?P<after>\s*[,:](?=\s))?", re.IGNORECASE
)


def _trimmed(words: str) -> str:
    """Blank the small words before settings, and a comma that stood behind them at a sentence's start."""

    def blank(match: re.Match[str]) -> str:
        lead = match["lead"]
        kept = lead
        while kept.strip() and kept.split()[-1].lower() in (
            "on",
            "in",
            "for",
            "using",
            "over",
            "with",
            "at",
            "use",
            "trade",
        ):
            kept = kept.rstrip()[: -len(kept.split()[-1])]
        after = match["after"] or ""
        starts = not words[: match.start()].strip(" \t-*#(") and not kept.strip()
        return kept.ljust(len(lead)) + match["mask"] + (" " * len(after) if starts else after)

    return _BEFORE.sub(blank, words)


_DAYS = re.compile(
    r"\b(?:\d+|two|three|four|five|ten|twenty|fifty)[\s-]?(?:trading\s+)?(?P<unit>day|week|month)s?\b", re.IGNORECASE
)


def questions_about(settings: Settings) -> list[Question]:
    """Return what must be asked: a field with two values, and lengths in days where a bar is no day."""
    questions = []
    for name, said in settings.conflicts.items():
        values = " and ".join(f"{one.value} ({one.text!r})" for one in said)
        questions.append(
            Question(
                f"The {TITLES.get(name, name)} is said twice: {values}. Which is meant?",
                name,
                said[0].start,
                said[-1].end,
            )
        )
    for one in settings.said:
        spoken = settings.rest[one.start : one.end].strip()
        if one.field == "symbol" and one.value in _lists()["benchmarks"] and spoken and one.text.strip() != spoken:
            question = f"Is {one.value} what is traded, or is it only looked at? A strategy here sees one market."
            questions.append(Question(question, "market", one.start, one.end))
    interval = settings.values.get("interval", "1d")
    counted = _DAYS.search(settings.rest)
    if counted and _other(interval, counted["unit"].lower()):
        text = counted.group()
        question = f"On {interval} bars, how many bars are meant by {text!r}? Say it in bars."
        questions.append(Question(question, "length of a day", counted.start(), counted.end()))
    return questions


def _other(interval: str, unit: str) -> bool:
    """Whether a length in this unit is no count of such bars."""
    return {"1d": "day", "1w": "week", "1mo": "month"}.get(interval) != unit and (interval != "1d" or unit == "day")
