"""The short notation in which dialogues say what a strategy must be, and a specification in it.

`rsi(14) < 30` a state, `sma(50) x> sma(200)` a cross, `above` either; `close[1]` one bar ago; `sma(20 of volume)` of
another source; `bollinger(20,2).lower` an output; `(close < close[1]) for 3` a streak; `on monday`; `?` any number.
"""

import re
from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.spec import StrategySpec

FLIPPED = {"<": ">", ">": "<", "x<": "x>", "x>": "x<", "above": "below", "below": "above", "=": "="}
# Parameters that the notation leaves out.
_QUIET = ("ma_type", "bars_per_year")


def written(spec: dict[str, Any] | None) -> dict[str, Any]:
    """Return a specification's parts by the names of the notation; conditions as trees."""
    if spec is None:
        return {}
    whole = StrategySpec.model_validate(spec)
    found: dict[str, Any] = {}
    for name, side in whole.sides.items():
        found |= _side(name, side)
    found |= _account(whole)
    if whole.reverse:
        for name, other in (("long", "short"), ("short", "long")):
            found.setdefault(f"{name}.exit", found.get(f"{other}.entry"))
    return found


def _side(name: str, side: Any) -> dict[str, Any]:
    found: dict[str, Any] = {f"{name}.entry": _condition(side.entry)}
    if side.exit is not None:
        found[f"{name}.exit"] = _condition(side.exit)
    for field in ("stop_loss", "take_profit"):
        if (value := getattr(side, field)) is not None:
            found[f"{name}.{field}"] = _distance(value)
    if side.trailing_stop is not None:
        found[f"{name}.trailing_stop"] = _distance(side.trailing_stop.distance)
    if side.max_bars is not None:
        found[f"{name}.max_bars"] = side.max_bars
    for field in ("break_even", "partial_exits"):
        if getattr(side, field):
            found[f"{name}.{field}"] = "yes"
    if side.order.kind != "market":
        found[f"{name}.order"] = side.order.kind
    return found


def _account(whole: StrategySpec) -> dict[str, Any]:
    found: dict[str, Any] = {}
    size = whole.sizing
    if size.kind != "fraction" or size.fraction != 1:
        shapes = {
            "fraction": lambda: f"{100 * size.fraction:g}%",
            "units": lambda: f"{size.units:g} units",
            "risk": lambda: f"risk {100 * size.fraction:g}%",
            "cash": lambda: f"${size.amount:g}",
        }
        found["sizing"] = shapes.get(size.kind, lambda: size.kind)()
    if whole.max_entries > 1:
        found["max_entries"] = whole.max_entries
    if whole.cool_down is not None:
        found["cool_down"] = whole.cool_down.bars
    if whole.scale_in is not None:
        found["scale_in"] = "yes"
    return found


def _distance(value: Any) -> str:
    match value.kind:
        case "percent":
            return f"{value.percent:g}%"
        case "atr":
            return f"{value.multiple:g} atr"
        case "risk":
            return f"{value.multiple:g}R"
        case "price":
            return f"{value.amount:g}"
    return f"at {_operand(value.at)}"


def _operand(value: Any) -> str:
    match value.kind:
        case "number":
            return f"{value.value:g}"
        case "price":
            return f"{value.field}{f'[{value.shift}]' if value.shift else ''}"
        case "indicator":
            known = REGISTRY[value.name]
            numbers = ",".join(
                f"{value.parameters[one.name]:g}" for one in known.parameters if not one.name.endswith(_QUIET)
            )
            source = f" of {_operand(value.source)}" if value.source is not None else ""
            output = f".{value.output}" if value.output else ""
            frame = f"{value.timeframe}:" if value.timeframe else ""
            return f"{frame}{value.name}({numbers}{source}){output}{f'[{value.shift}]' if value.shift else ''}"
        case "arithmetic":
            return f"({_operand(value.left)} {value.operator} {_operand(value.right)})"
    return value.model_dump_json()


def _condition(value: Any) -> Any:
    match value.kind:
        case "compare":
            return _pair(_operand(value.left), value.relation[0], _operand(value.right))
        case "cross":
            return _pair(_operand(value.left), "x>" if value.direction == "above" else "x<", _operand(value.right))
        case "all" | "any":
            return _joined("and" if value.kind == "all" else "or", [_condition(one) for one in value.conditions])
        case "streak":
            return ("for", _condition(value.condition), value.bars)
        case "weekday":
            return ("on", tuple(sorted(value.days)))
        case "month":
            return ("in", tuple(sorted(value.months)))
        case "not":
            return ("not", _condition(value.condition))
        case "always":
            return ("always",)
    return (value.kind, value.model_dump_json())


def _pair(left: str, relation: str, right: str) -> Any:
    if left > right:
        left, relation, right = right, FLIPPED[relation], left
    return ("pair", left, relation, right)


def _joined(word: str, parts: list[Any]) -> Any:
    flat = [inner for one in parts for inner in (one[1] if one[0] == word else [one])]
    return (word, sorted(flat, key=repr))


def read(text: str) -> Any:
    """Return the tree of a condition in the notation."""
    text = text.strip()
    for word in ("or", "and"):
        pieces = _split(text, f" {word} ")
        if len(pieces) > 1:
            return _joined(word, [read(piece) for piece in pieces])
    if match := re.fullmatch(r"\((.*)\) for (\d+)", text):
        return ("for", read(match[1]), int(match[2]))
    if text.startswith("(") and text.endswith(")") and len(_split(text[1:-1], ")(")) == 1 and _is_whole(text):
        return read(text[1:-1])
    if text.startswith("not "):
        return ("not", read(text[4:]))
    if match := re.fullmatch(r"on ([a-z, ]+)", text):
        return ("on", tuple(sorted(re.split(r"\s*,\s*", match[1]))))
    if match := re.fullmatch(r"in ([\d, ]+)", text):
        return ("in", tuple(sorted(map(int, re.split(r"\s*,\s*", match[1])))))
    match = re.fullmatch(r"(.+?) (x>|x<|>=|<=|>|<|=|above|below) (.+)", text)
    if match is None:
        return ("unread", text)
    return _pair(_plain(match[1]), match[2] if match[2][0] == "x" else match[2].rstrip("="), _plain(match[3]))


def _plain(text: str) -> str:
    return re.sub(r"\s*,\s*", ",", text.strip())


def _is_whole(text: str) -> bool:
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and place < len(text) - 1:
            return False
    return True


def _split(text: str, at: str) -> list[str]:
    pieces, depth, start, place = [], 0, 0, 0
    while place < len(text):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0 and text.startswith(at, place):
            pieces.append(text[start:place])
            place = start = place + len(at)
            continue
        place += 1
    return [*pieces, text[start:]]


def same(wanted: Any, given: Any) -> bool:
    """Whether two trees mean the same; `?` in the wanted one is any number, `above` a state or a cross."""
    if isinstance(wanted, str) and isinstance(given, str):
        pattern = re.escape(wanted).replace(r"\?", r"-?\d+(?:\.\d+)?")
        return re.fullmatch(pattern, given) is not None
    if isinstance(wanted, tuple) and wanted[:1] == ("pair",) and isinstance(given, tuple) and given[:1] == ("pair",):
        either = {"above": (">", "x>"), "below": ("<", "x<")}.get(wanted[2], (wanted[2],))
        straight = given[2] in either and same(wanted[1], given[1]) and same(wanted[3], given[3])
        turned = FLIPPED.get(given[2]) in either and same(wanted[1], given[3]) and same(wanted[3], given[1])
        return straight or turned
    if isinstance(wanted, list | tuple) and isinstance(given, list | tuple):
        if len(wanted) != len(given):
            return False
        if isinstance(wanted, list):
            left = list(given)
            for one in wanted:
                match = next((other for other in left if same(one, other)), None)
                if match is None:
                    return False
                left.remove(match)
            return True
        return all(map(same, wanted, given))
    return bool(wanted == given)


def fits(wanted: dict[str, Any] | None, spec: dict[str, Any] | None) -> bool:
    """Whether a specification is the whole strategy that is wanted."""
    if wanted is None or spec is None:
        return wanted is None and spec is None
    given = written(spec)
    if set(wanted) != set(given):
        return False
    return all(any(_fits(one, given[name]) for one in _either(value)) for name, value in wanted.items())


def _either(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _fits(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, str) and isinstance(given, tuple):
        return same(read(wanted), given)
    if isinstance(wanted, str) and isinstance(given, str):
        return same(wanted.replace(" ", ""), given.replace(" ", ""))
    return bool(wanted == given)
