"""Names in the compiled module: no two things share one, and none hides a name that the module needs."""

import keyword
import re
import unicodedata

from backtest_engine.spec import Indicator, Price, SessionValue, StrategySpec
from backtest_engine.spec.warm_up import declared, identity

TIMEFRAME_WORDS = {"hour": "hourly", "4hour": "four_hour", "day": "daily", "week": "weekly", "month": "monthly"}

# What backtesting.py's Strategy, and the compiled module around it, already call something.
RESERVED = frozenset(
    [
        *("I", "init", "next", "buy", "sell", "data", "equity", "position", "orders", "trades", "closed_trades"),
        *("price", "stop", "target", "expires_at", "parts_taken"),
    ]
)
MAX_CLASS_NAME = 60


class Names:
    """Hands out names and remembers them."""

    def __init__(self) -> None:
        self._taken = set(RESERVED)

    def take(self, wanted: str) -> str:
        """Return the name, numbered from 2 when it is taken."""
        name, number = wanted, 1
        while name in self._taken or keyword.iskeyword(name):
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name


def class_name(title: str) -> str:
    """Return a class name that is made from a title, whatever is in it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z]+|\d+", plain)
    name = "".join(word[:1].upper() + word[1:] for word in words)[:MAX_CLASS_NAME]
    if not name or name[0].isdigit():
        name = f"Strategy{name}"
    return "StrategyClass" if name in ("Strategy", "True", "False", "None") else name


def attribute_names(spec: StrategySpec) -> dict[str, str]:
    """Choose the attribute of each indicator: its name, told apart by what differs when there are several."""
    groups: dict[str, dict[str, tuple[float, ...]]] = {}
    for call, _ in declared(spec):
        if isinstance(call, SessionValue):
            continue
        numbers = tuple(call.parameters.values()) if isinstance(call, Indicator) else ()
        groups.setdefault(_stem(call), {}).setdefault(identity(call), numbers)
    return {key: name for stem, calls in groups.items() for key, name in _told_apart(stem, calls).items()}


def _stem(value: Indicator | Price) -> str:
    words = [TIMEFRAME_WORDS[value.timeframe]] if value.timeframe else []
    words[:0] = ["earlier"] if value.timeframe and value.shift else []
    if isinstance(value, Price):
        return "_".join([*words, value.field])
    if isinstance(value.source, Price) and value.source.field != "close":
        words.append(value.source.field)
    elif isinstance(value.source, Indicator):
        words.append(_stem(value.source))
    return "_".join([*words, value.name])


def _told_apart(stem: str, calls: dict[str, tuple[float, ...]]) -> dict[str, str]:
    keys = sorted(calls, key=lambda key: (calls[key], key))
    if len(keys) == 1:
        return {keys[0]: stem}
    if len(keys) == 2 and calls[keys[0]][:1] != calls[keys[1]][:1]:
        return {keys[0]: f"fast_{stem}", keys[1]: f"slow_{stem}"}
    return {key: f"{stem}_{number}" for number, key in enumerate(keys, 1)}
