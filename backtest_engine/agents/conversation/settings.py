# ruff: noqa: E501  # a pattern is read as one line
"""What a turn says of how to run the strategy: dates, markets, bars, cash and costs, and what is left of its words."""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from backtest_engine.agents.conversation.words import fillers
from backtest_engine.indicators import REGISTRY
from backtest_engine.language import read_settings
from backtest_engine.spec import MONTHS

_NO_MARKETS = "RSI SMA EMA ATR ADX CCI MACD VIX OR AND NOT IF ONLY BUY SELL LONG SHORT STOP ALL NEW MA BB VWAP OBV MFI PNL API LLM USA IT TP SL OK NO YES"
FIELDS = ("symbol", "interval", "start", "end", "last", "cash", "commission", "spread", "leverage")
_MONTHS = tuple(name[:3] for name in MONTHS)
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_YEAR = r"(?:19[5-9]\d|20[0-4]\d)"
_COUNT = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "couple": 2,
}
_ALL = re.compile(
    r"\b(?:(?:on |over |for |from |with |take |use )*(?:all(?: of)?|the (?:whole|full|entire)|whole|full|entire|everything|max(?:imum)?)(?: the| that| its| available)*(?: (?P<market>(?!data|history|period|range|dates|years|time|sample)[a-z/]{2,8}))? (?:data|history|period|range|dates|years|time|sample)(?: (?:that )?(?:you|we|there) (?:have|has|is))?|"
    r"(?:from|since) the (?:very )?(?:start|beginning)|no (?:date|time) (?:limits?|range)|all time|any dates?|all (?:the )?(?:dates|years)|(?:without|forget|drop|remove|clear) (?:the )?dates?|no dates)\b"
)
_MONTHS_OF = re.compile(
    rf"\b(?:(?:from|between|for|in|during) )?(?P<first>{_MONTH})(?: (?:to|until|till|through|-|and)|-) ?(?P<last>{_MONTH})(?: of| in)?,? (?P<year>{_YEAR})\b"
)
_TO_MONTH = re.compile(
    rf"\b(?:until|till|to|up to|through|before|ending|end)(?: in)? (?P<last>{_MONTH})(?: of)? (?P<year>{_YEAR})\b"
)
_RATE = re.compile(
    r"(?:\b(?:with|and|add|include|a|use|set|make|the|what|if)\s+)*\b(?:commissions?|fees?|costs?|trading costs?)\b(?: (?:to|of|at|should|be|is|are|were|was|become))+\s*(?P<a>\d*\.?\d+)\s*(?P<s>%|bps|bp)"
)
_ONE_MONTH = re.compile(
    rf"\b(?:(?:in|for|during|only|just) )*(?P<first>{_MONTH})(?: of)? (?P<year>{_YEAR})(?: only)?\b"
)
_QUARTER = re.compile(
    rf"\b(?:(?:in|for|during|the) )*(?:q(?P<quarter>[1-4])|(?P<half>first|second) half)(?: of)? (?P<year>{_YEAR})\b"
)
_LAST = re.compile(
    r"\b(?:(?:just|only|over|for|in|on|the) )*(?:last|past|previous|most recent) (?:(?P<count>\d+|[a-z]+)(?: of)? )?(?P<unit>years?|months?|weeks?|days?)(?: only| of data)?\b"
)
_YEARS = re.compile(
    rf"(?<![\d./-])(?:(?:for|in|during|over|only|just|the year|year) )*(?P<year>{_YEAR})(?:'s)?(?: (?:only|alone|data))?(?![\d/%-]|\.\d)"
)
_DECADE = re.compile(r"\b(?:(?:in|for|during|the|over) )*(?P<year>(?:19|20)\d)0s\b")
_CRISIS = re.compile(r"\b(?:(?:in|for|during|through|the|over) )+(?:financial crisis|great recession|gfc)\b")
_SPREAD = re.compile(
    r"(?:\b(?:with|and|add|include|a|an|use|of)\s+)*(?P<a>\d*\.?\d+)\s*(?P<s>%|bps|bp)\s*(?:of )?(?:spread|slippage)\b|\b(?:spread|slippage)(?: of| to| at)?\s+(?P<a2>\d*\.?\d+)\s*(?P<s2>%|bps|bp)"
)
_COSTS = re.compile(
    r"(?:\b(?:with|and|add|include|a|use|set|make|the|change|of)\s+)*\b(?:commissions?|fees?|costs?|trading costs?)\b(?: (?:to|of|at|should be|is|are))*\s*(?P<zero>zero|0(?!\.)%?|none|free)\b|\b(?:commission|fee|cost)[- ]free\b|\b(?:without|remove|drop|zero|ignore)(?: the| any| all)* (?:commissions?|fees?|(?:trading |transaction )?costs?)\b"
)
_CASH = re.compile(
    r"\b(?:starting|start|begin|beginning|initial|with|cash|capital|account|balance|equity)(?: (?:with|of|at|to|is|capital|cash|balance|account|equity))*\s*(?:is )?[$€£]?(?P<amount>\d{1,3}(?:,\d{3})+|\d{3,}|\d+(?:\.\d+)?\s?k)\b(?! ?(?:shares|units|day|bar|%))"
)
_CASH_AFTER = re.compile(
    r"(?:\b(?:with|a|use|of|only)\s+)*[$€£]?\b(?P<amount>\d{1,3}(?:,\d{3})+|\d{3,}|\d+(?:\.\d+)?\s?k)\s*(?:in |of |as )?(?:starting |start |initial )?(?:cash|capital|account|balance|equity|bankroll|dollars|bucks|usd)\b"
)
_UNTIL = re.compile(rf"\b(?P<how>before|after)(?: the year)? (?P<year>{_YEAR})\b")
_BARS = re.compile(r"^(?:[a-z']+ )*?(?P<word>hourly|daily|weekly|monthly)(?: [a-z']+)*$", re.IGNORECASE)
_WORDS_OF_BARS = {"hourly": "1h", "daily": "1d", "weekly": "1w", "monthly": "1mo"}
_TICKER = re.compile(
    r"(?:\b(?:on|try|about|use|run|for|to|with|it|the|same|symbol|ticker|market)\s+)+\$?(?P<ticker>(?-i:[A-Z][A-Z0-9]{1,9}(?:[./=-][A-Z0-9]{1,6})?))(?![\w(]|\s*\d)",
    re.IGNORECASE,
)


@dataclass
class Run:
    """What a turn says of how to run: new values, fields that are set back, several markets, and the other words."""

    values: dict[str, Any] = field(default_factory=dict)
    cleared: set[str] = field(default_factory=set)
    symbols: list[str] = field(default_factory=list)
    rest: str = ""
    conflicts: list[str] = field(default_factory=list)

    @property
    def said(self) -> bool:
        """Whether anything was said."""
        return bool(self.values or self.cleared or self.symbols or self.conflicts)

    def over(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return settings with what was said in them."""
        kept = {name: value for name, value in settings.items() if name not in self.cleared}
        dated = {"start", "end", "last"} & set(self.values)
        if "last" in dated or {"start", "end"} <= dated:
            kept = {name: value for name, value in kept.items() if name not in ("start", "end", "last")}
        elif dated:
            kept.pop("last", None)
            if "start" in dated and str(kept.get("end", "9999")) < str(self.values["start"]):
                kept.pop("end")
            if "end" in dated and str(kept.get("start", "")) > str(self.values["end"]):
                kept.pop("start")
        return {**kept, **self.values}


def read_run(text: str, *, mild: bool = True) -> Run:
    """Return what the words of a turn say of how to run, and the words that say other things.

    `mild` words such as a bare year count as dates.
    """
    run = Run(rest=text)
    _whole(run)
    _take(run, _MONTHS_OF, lambda match: _between(run, match["year"], _month(match["first"]), _month(match["last"])))
    _take(run, _QUARTER, lambda match: _between(run, match["year"], *_part(match)))
    _take(run, _LAST, lambda match: _set_last(run, match))
    _take(
        run,
        _SPREAD,
        lambda match: run.values.update(spread=_share(match["a"] or match["a2"], match["s"] or match["s2"])),
    )
    _take(run, _COSTS, lambda match: run.values.update(commission=0))
    _take(run, _UNTIL, lambda match: _set_until(run, match))
    _take(run, _TO_MONTH, lambda match: _set_month_end(run, match))
    _take(run, _RATE, lambda match: run.values.update(commission=_share(match["a"], match["s"])))
    _known(run)
    _take(run, _ONE_MONTH, lambda match: _between(run, match["year"], _month(match["first"]), _month(match["first"])))
    if "cash" not in run.values:
        _take(run, _CASH, lambda match: run.values.update(cash=_money(match["amount"])))
        _take(run, _CASH_AFTER, lambda match: run.values.update(cash=_money(match["amount"])))
    _take(run, _TICKER, lambda match: _set_ticker(run, match["ticker"]))
    _plain_bars(run)
    if mild and not {"start", "end", "last"} & set(run.values):
        _take(
            run,
            _DECADE,
            lambda match: run.values.update(start=f"{match['year']}0-01-01", end=f"{match['year']}9-12-31"),
        )
        _take(run, _CRISIS, lambda match: run.values.update(start="2007-12-01", end="2009-06-30"))
        _take(run, _YEARS, lambda match: _set_year(run, match["year"]))
    run.rest = re.sub(r"\s+", " ", run.rest).strip()
    return run


def _take(run: Run, pattern: re.Pattern[str], use: Any) -> None:
    def found(match: re.Match[str]) -> str:
        return " " if use(match) is not False else match.group()

    run.rest = re.sub(pattern.pattern, found, run.rest, flags=re.IGNORECASE)


def _whole(run: Run) -> None:
    """Take `all of the EURUSD data`, and leave the market that stands in it."""

    def found(match: re.Match[str]) -> str:
        run.cleared.update(("start", "end", "last"))
        return f" on {match['market']} " if match["market"] else " "

    run.rest = re.sub(_ALL.pattern, found, run.rest, flags=re.IGNORECASE)


def _known(run: Run) -> None:
    """Take what the reader of descriptions knows of settings."""
    settings = read_settings(run.rest)
    run.rest = settings.rest
    for name, value in settings.values.items():
        run.values.setdefault(name, value)
    for name, said in settings.conflicts.items():
        values = [one.value for one in said]
        if name == "symbol":
            run.symbols = list(dict.fromkeys(values))
        else:
            run.conflicts.append(f"{name}: {' or '.join(map(str, values))}")


def _set_until(run: Run, match: re.Match[str]) -> None:
    year = int(match["year"])
    run.values.update(
        {"end": f"{year - 1}-12-31"} if match["how"].lower() == "before" else {"start": f"{year + 1}-01-01"}
    )


def _set_ticker(run: Run, ticker: str) -> bool | None:
    if "symbol" in run.values or run.symbols or ticker in _no_markets():
        return False
    run.values["symbol"] = ticker
    return None


@cache
def _no_markets() -> frozenset[str]:
    """Return capitals that are words of trading and no market."""
    words = {
        word for known in REGISTRY.values() for name in (known.name, *known.aliases) for word in name.upper().split()
    }
    return frozenset({*words, *_NO_MARKETS.split()})


def _plain_bars(run: Run) -> None:
    """Take `make it hourly`, where nothing else is said."""
    plain = re.sub(r"[^a-z' ]", " ", run.rest.lower()).strip()
    match = _BARS.match(re.sub(r"\s+", " ", plain))
    others = (
        set(plain.split())
        - fillers()
        - {"bars", "candles", "chart", "timeframe", "data", match["word"] if match else ""}
    )
    if match and not others and "interval" not in run.values:
        run.values["interval"] = _WORDS_OF_BARS[match["word"]]
        run.rest = ""


def _between(run: Run, year: str, first: int, last: int) -> bool | None:
    if first > last:
        return False
    run.values.update(start=f"{year}-{first:02}-01", end=f"{year}-{last:02}-{monthrange(int(year), last)[1]}")
    return None


def _set_month_end(run: Run, match: re.Match[str]) -> bool | None:
    if re.search(rf"{_MONTH}\s*$", run.rest[: match.start()], re.IGNORECASE):
        return False
    year, month = int(match["year"]), _month(match["last"])
    run.values["end"] = f"{year}-{month:02}-{monthrange(year, month)[1]}"
    return None


def _month(word: str) -> int:
    return _MONTHS.index(word.lower()[:3]) + 1


def _part(match: re.Match[str]) -> tuple[int, int]:
    if match["quarter"]:
        number = int(match["quarter"])
        return 3 * number - 2, 3 * number
    return (1, 6) if match["half"].lower() == "first" else (7, 12)


def _set_last(run: Run, match: re.Match[str]) -> bool | None:
    word = (match["count"] or "one").lower()
    count = int(word) if word.isdigit() else _COUNT.get(word)
    if count is None:
        return False
    unit = match["unit"].lower()
    short = "y" if unit[0] == "y" else "mo" if unit[0] == "m" else unit[0]
    run.values["last"] = f"{count}{short}"
    return None


def _set_year(run: Run, year: str) -> None:
    run.values["start"] = min(f"{year}-01-01", run.values.get("start", "9999"))
    run.values["end"] = max(f"{year}-12-31", run.values.get("end", ""))


def _share(amount: str, scale: str) -> float:
    return round(float(amount) / (100 if scale == "%" else 10_000), 10)


def _money(amount: str) -> float:
    plain = amount.lower().replace(",", "").strip()
    value = float(plain.rstrip("k ")) * (1000 if plain.endswith("k") else 1)
    return int(value) if value == int(value) else value
