"""The numbers of a strategy, each with the words that people call it by: what an edit can change without rewriting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import number, operand
from backtest_engine.spec import Comparison, Cross, Indicator, Number, StrategySpec
from backtest_engine.spec.base import Part
from backtest_engine.spec.lengths import parameter_counts

Path = tuple[str | int, ...]
Kind = Literal[
    "length", "factor", "level", "count", "percent", "atr", "risk", "points", "bars", "share", "amount", "units"
]

AVERAGES = frozenset(
    ["sma", "ema", "wma", "dema", "tema", "trima", "kama", "hma", "rma", "smma", "t3", "vwma", "zlema"]
)
ROLE_WORDS: Mapping[str, frozenset[str]] = {
    "long.entry": frozenset(
        ["entry", "entries", "enter", "buy", "buys", "buying", "long", "longs", "open", "entering", "in"]
    ),
    "long.exit": frozenset(
        ["exit", "exits", "sell", "sells", "selling", "close", "leave", "out", "long", "longs", "exiting"]
    ),
    "short.entry": frozenset(
        ["entry", "entries", "enter", "short", "shorts", "shorting", "sell", "open", "entering", "in"]
    ),
    "short.exit": frozenset(
        ["exit", "exits", "cover", "covers", "covering", "buy", "short", "shorts", "close", "out", "exiting"]
    ),
}
FIELD_WORDS: Mapping[str, frozenset[str]] = {
    "stop_loss": frozenset(["stop", "stops", "loss", "sl"]),
    "take_profit": frozenset(["target", "targets", "profit", "take", "tp"]),
    "trailing_stop": frozenset(["trailing", "trail", "stop", "stops"]),
    "break_even": frozenset(["break", "even", "breakeven"]),
    "max_bars": frozenset(["hold", "holding", "time", "max", "maximum", "days", "bars", "exit", "after"]),
    "sizing": frozenset(["size", "sizing", "risk", "equity", "position", "trade", "stake", "account"]),
    "cool_down": frozenset(["wait", "cool", "pause", "down"]),
    "partial_exits": frozenset(["partial", "part", "scale"]),
    "scale_in": frozenset(["add", "scale", "pyramid"]),
    "max_entries": frozenset(["entries", "positions", "pyramid", "max", "maximum"]),
}
KINDS: Mapping[str, tuple[str, Kind]] = {
    "percent": ("percent", "percent"),
    "price": ("amount", "points"),
    "atr": ("multiple", "atr"),
    "risk": ("multiple", "risk"),
}
SHAPE_WORDS: Mapping[str, frozenset[str]] = {
    "highest": frozenset(["high", "highs", "highest", "breakout", "channel", "donchian"]),
    "lowest": frozenset(["low", "lows", "lowest", "breakdown", "channel", "donchian"]),
    "bollinger": frozenset(["band", "bands", "bb", "bollinger", "bollingers"]),
    "stochastic": frozenset(["stochastic", "stoch", "stochastics"]),
}
PARAMETER_WORDS: Mapping[str, frozenset[str]] = {
    "length": frozenset(["period", "periods", "length", "lookback", "window"]),
    "factor": frozenset(
        ["deviation", "deviations", "std", "sd", "sigma", "multiplier", "devs", "dev", "stdev", "factor", "width"]
    ),
    "level": frozenset(["level", "levels", "threshold", "thresholds", "limit", "line"]),
    "count": frozenset(
        [
            "row",
            "streak",
            "consecutive",
            "straight",
            "close",
            "closes",
            "bar",
            "bars",
            "candle",
            "candles",
            "day",
            "days",
            "times",
        ]
    ),
}


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A number that an edit may set; all places of one `group` are set together."""

    paths: tuple[Path, ...]
    kind: Kind
    value: float
    label: str
    roles: frozenset[str]
    words: frozenset[str]
    whole: bool = False
    bounds: tuple[float, float] | None = None
    name: str = ""
    parameter: str = ""
    relation: str = ""
    first: bool = False

    def fits(self, value: float) -> bool:
        """Whether the number may stand here at all."""
        if self.whole and not float(value).is_integer():
            return False
        if self.kind in ("length", "count", "bars", "percent", "atr", "risk", "points", "factor") and value <= 0:
            return False
        return self.bounds is None or self.bounds[0] <= value <= self.bounds[1]


@dataclass
class _Found:
    slots: dict[tuple[Any, ...], Slot] = field(default_factory=dict)

    def add(self, key: tuple[Any, ...], slot: Slot) -> None:
        old = self.slots.get(key)
        if old is None:
            self.slots[key] = slot
            return
        self.slots[key] = Slot(
            **{
                **old.__dict__,
                "paths": old.paths + slot.paths,
                "roles": old.roles | slot.roles,
            }
        )


def slots_of(spec: StrategySpec) -> list[Slot]:
    """Return every number of a strategy that can be named in an edit, in reading order."""
    found = _Found()
    for side_name, side in spec.sides.items():
        for rule in ("entry", "exit"):
            condition = getattr(side, rule)
            if condition is not None:
                for path, part in _walk(condition, (side_name, rule)):
                    _of_part(found, part, path, f"{side_name}.{rule}")
        if side.order.kind != "market":
            for path, part in _walk(side.order.at, (side_name, "order", "at")):
                _of_part(found, part, path, f"{side_name}.entry")
        _protections(found, spec, side_name)
    _account(found, spec)
    return list(found.slots.values())


def with_values(spec: StrategySpec, values: Mapping[Path, float]) -> StrategySpec:
    """Return the strategy with other numbers; raise `ValidationError` where that makes no sense."""
    data = spec.model_dump(mode="json", exclude_none=True)
    for path, value in values.items():
        place: Any = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = int(value) if float(value).is_integer() and isinstance(place[path[-1]], int) else value
    return StrategySpec.model_validate(data)


def _walk(part: Part, path: Path) -> Iterator[tuple[Path, Part]]:
    yield path, part
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Part):
            yield from _walk(value, (*path, name))
        elif isinstance(value, tuple):
            for number_, item in enumerate(value):
                if isinstance(item, Part):
                    yield from _walk(item, (*path, name, number_))


def _of_part(found: _Found, part: Part, path: Path, role: str) -> None:
    if isinstance(part, Indicator):
        _of_indicator(found, part, path, role)
    elif isinstance(part, Comparison | Cross):
        _of_level(found, part, path, role)
    elif type(part).__name__ in ("Streak", "Within", "Often", "Then", "Ago"):
        words = PARAMETER_WORDS["count"] | _shape_of(part)
        key = ("count", role, path)
        found.add(
            key,
            Slot(
                paths=((*path, "bars"),),
                kind="count",
                value=part.bars,  # type: ignore[attr-defined]
                label=f"{part.bars} bars in the {_role(role)}",  # type: ignore[attr-defined]
                roles=frozenset([role]),
                words=words,
                whole=True,
            ),
        )


def _shape_of(part: Part) -> frozenset[str]:
    inner = getattr(part, "condition", None)
    if isinstance(inner, Comparison):
        down = inner.relation[0] == "<"
        return (
            frozenset(["down", "red", "lower", "falling", "losing"])
            if down
            else frozenset(["up", "green", "higher", "rising"])
        )
    return frozenset()


def _of_indicator(found: _Found, part: Indicator, path: Path, role: str) -> None:
    known = REGISTRY[part.name]
    plain = part.model_copy(update={"output": None, "shift": 0})
    identity = plain.model_dump_json()
    names = {part.name, *part.name.split("_")}
    names |= {word for alias in known.aliases for word in alias.lower().split()} if part.name not in AVERAGES else set()
    words = frozenset(names) | SHAPE_WORDS.get(part.name, frozenset())
    if part.name in AVERAGES:
        words |= frozenset(["average", "averages", "ma", "mas", "moving", "mean"])
    for place, parameter in enumerate(known.parameters):
        if parameter.name.endswith("ma_type"):
            continue
        counts = parameter_counts(part, parameter.name)
        value = part.parameters[parameter.name]
        kind: Kind = "length" if counts else "factor"
        more = PARAMETER_WORDS[kind] | frozenset(parameter.name.split("_"))
        found.add(
            ("indicator", identity, parameter.name),
            Slot(
                paths=((*path, "parameters", parameter.name),),
                kind=kind,
                value=float(value),
                label=_called(part, parameter.name, len(known.parameters)),
                roles=frozenset([role]),
                words=words | more,
                whole=counts or (isinstance(value, int) and counts),
                name=part.name,
                parameter=parameter.name,
                first=place == 0,
            ),
        )


def _called(part: Indicator, parameter: str, count: int) -> str:
    plain = operand(part.model_copy(update={"output": None, "shift": 0}))
    return plain if count == 1 else f"the {parameter.replace('_', ' ')} of {plain}"


def _of_level(found: _Found, part: Comparison | Cross, path: Path, role: str) -> None:
    for end, other in (("right", "left"), ("left", "right")):
        value, against = getattr(part, end), getattr(part, other)
        if not isinstance(value, Number) or isinstance(against, Number):
            continue
        name = against.name if isinstance(against, Indicator) else ""
        known = REGISTRY.get(name)
        relation = part.relation[0] if isinstance(part, Comparison) else ("<" if part.direction == "below" else ">")
        if end == "left":
            relation = {"<": ">", ">": "<"}.get(relation, relation)
        words = PARAMETER_WORDS["level"] | ({name, *name.split("_")} if name else {"price", "close"})
        words |= frozenset(["oversold"]) if relation == "<" else frozenset(["overbought"])
        if isinstance(against, Indicator) and against.output:
            words |= {against.output}
        sign = {"<": "below", ">": "above"}.get(relation, "at")
        found.add(
            ("level", path, end),
            Slot(
                paths=((*path, end, "value"),),
                kind="level",
                value=value.value,
                label=f"{_role(role)}: {operand(against)} {sign} {number(value.value)}",
                roles=frozenset([role]),
                words=frozenset(words) | SHAPE_WORDS.get(name, frozenset()),
                bounds=known.value_range if known is not None else None,
                name=name,
                relation=relation,
            ),
        )


def _role(role: str) -> str:
    side, _, rule = role.partition(".")
    return {"entry": "entry", "exit": "exit"}[rule] if side == "long" else f"short {rule}"


def _protections(found: _Found, spec: StrategySpec, side_name: str) -> None:
    side = spec.sides[side_name]  # type: ignore[index]
    for name in ("stop_loss", "take_profit", "trailing_stop", "break_even"):
        value = getattr(side, name)
        if value is None:
            continue
        inner = {"trailing_stop": ("distance",), "break_even": ("after",)}.get(name, ())
        holder = getattr(value, inner[0]) if inner else value
        if holder.kind not in KINDS:
            continue
        attribute, kind = KINDS[holder.kind]
        amount = getattr(holder, attribute)
        found.add(
            (name, kind, amount),
            Slot(
                paths=((side_name, name, *inner, attribute),),
                kind=kind,
                value=amount,
                label=name.replace("_", " "),
                roles=frozenset([f"{side_name}.{name}"]),
                words=FIELD_WORDS[name],
                name=name,
            ),
        )
    if side.max_bars is not None:
        found.add(
            ("max_bars", side.max_bars),
            Slot(
                paths=((side_name, "max_bars"),),
                kind="bars",
                value=side.max_bars,
                label="holding time",
                roles=frozenset([f"{side_name}.max_bars"]),
                words=FIELD_WORDS["max_bars"],
                whole=True,
                name="max_bars",
            ),
        )


def _account(found: _Found, spec: StrategySpec) -> None:
    size = spec.sizing
    fields: dict[str, tuple[str, Kind]] = {
        "fraction": ("fraction", "share"),
        "risk": ("fraction", "share"),
        "units": ("units", "units"),
        "cash": ("amount", "amount"),
    }
    if size.kind not in fields or (size.kind == "fraction" and size.fraction == 1):
        return
    attribute, kind = fields[size.kind]
    found.add(
        ("sizing",),
        Slot(
            paths=(("sizing", attribute),),
            kind=kind,
            value=getattr(size, attribute) * (100 if kind == "share" else 1),
            label="risk of a trade" if size.kind == "risk" else "position size",
            roles=frozenset(["sizing"]),
            words=FIELD_WORDS["sizing"] | frozenset([size.kind, "shares", "units"] if kind == "units" else [size.kind]),
            whole=kind == "units",
            name="sizing",
        ),
    )
