"""A short name of a strategy, made of what is special about it."""

from collections.abc import Iterator, Mapping
from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import number
from backtest_engine.spec import Comparison, Cross, Indicator, Number, Price, StrategySpec, parts, parts_of

MAX_PARTS = 3


def title_of(spec: StrategySpec, settings: Mapping[str, Any] | None = None) -> str:
    """Return such as `RSI 30/70 on EURUSD`, `EMA 20/50 cross` or `Close above SMA 200`."""
    title = " + ".join(list(dict.fromkeys(_parts(spec)))[:MAX_PARTS]) or "Price rules"
    symbol = (settings or {}).get("symbol")
    return f"{title} on {symbol}" if symbol else title


def _parts(spec: StrategySpec) -> Iterator[str]:
    """Yield what the rules look at: readings with the levels they reach, lines that cross, then single lines."""
    levels: dict[str, list[float]] = {}
    crosses: list[str] = []
    lines: list[str] = []
    for part in parts(spec):
        if not isinstance(part, Comparison | Cross):
            continue
        left, right = part.left, part.right
        if isinstance(left, Indicator) and isinstance(right, Number):
            levels.setdefault(_called(left), []).append(right.value)
        elif isinstance(left, Indicator) and isinstance(right, Indicator) and left.name == right.name:
            crosses.append(_pair(left, right, "cross" if isinstance(part, Cross) else "trend"))
        else:
            lines += [_called(value) for value in (left, right) if isinstance(value, Indicator)]
    for name, values in levels.items():
        said = list(dict.fromkeys(values))
        yield f"{name} {'/'.join(number(value) for value in said[:3])}"
    yield from crosses
    yield from lines
    if not (levels or crosses or lines):
        yield from (_called(call) for call in parts_of(spec, Indicator))
        if any(True for _ in parts_of(spec, Price)):
            yield "Price rules"


def _pair(left: Indicator, right: Indicator, how: str) -> str:
    lengths = [number(next(iter(value.parameters.values()))) for value in (left, right) if value.parameters]
    name = _short(left)
    if left.output != right.output or len(set(lengths)) < 2:
        return f"{name} {how}"
    return f"{name} {'/'.join(sorted(lengths, key=float))} {how}"


def _called(value: Indicator) -> str:
    """Return the name with its numbers, as far as they are not the usual ones."""
    known = REGISTRY[value.name]
    said = [value.parameters[one.name] for one in known.parameters if not one.name.endswith("ma_type")]
    usual = [one.default for one in known.parameters if not one.name.endswith("ma_type")]
    told = [number(one) for one in said] if said != usual or known.overlay else []
    return " ".join([_short(value), ", ".join(told)] if told else [_short(value)])


def _short(value: Indicator) -> str:
    return value.name.upper().replace("_", " ")
