"""What changed between two strategies and what stayed, in words."""

from collections.abc import Iterator
from typing import Any

from backtest_engine.language.explain import condition, distance, number
from backtest_engine.spec import Side, StrategySpec

_TITLES = {
    "symbol": "market",
    "interval": "bars",
    "start": "start",
    "end": "end",
    "last": "dates",
    "cash": "cash",
    "commission": "commission",
    "spread": "spread",
    "leverage": "leverage",
}


def terms_of(spec: StrategySpec) -> dict[str, str]:
    """Return every rule of a strategy in words, by its name."""
    return dict(_terms(spec))


def _terms(spec: StrategySpec) -> Iterator[tuple[str, str]]:
    for name, side in spec.sides.items():
        yield f"{name} entry", condition(side.entry)
        if side.exit is not None:
            yield f"{name} exit", condition(side.exit)
        yield from _protections(name, side)
    yield from _account(spec)


def _protections(name: str, side: Side) -> Iterator[tuple[str, str]]:
    if side.order.kind != "market":
        yield f"{name} order", f"{side.order.kind} order"
    for field in ("stop_loss", "take_profit"):
        if (value := getattr(side, field)) is not None:
            yield f"{name} {field.replace('_', ' ')}", distance(value)
    if side.trailing_stop is not None:
        yield f"{name} trailing stop", distance(side.trailing_stop.distance)
    if side.break_even is not None:
        yield f"{name} break even", f"after {distance(side.break_even.after)}"
    for place, part in enumerate(side.partial_exits, 1):
        yield f"{name} partial exit {place}", f"{number(round(100 * part.portion, 10))} % at {distance(part.after)}"
    if side.max_bars is not None:
        yield (
            f"{name} holding time",
            f"{side.max_bars} {side.max_bars_unit or 'bar'}{'s' if side.max_bars != 1 else ''}",
        )


def _account(spec: StrategySpec) -> Iterator[tuple[str, str]]:
    yield "size", _size(spec)
    if spec.max_entries > 1:
        yield "open entries", f"up to {spec.max_entries}"
    if spec.cool_down is not None:
        yield "pause", f"{spec.cool_down.bars} bars after {'a loss' if spec.cool_down.after == 'loss' else 'an exit'}"
    if spec.scale_in is not None:
        yield "adding", f"every {distance(spec.scale_in.distance)} {spec.scale_in.direction} the position"
    if spec.reverse:
        yield "direction", "stop and reverse"


def _size(spec: StrategySpec) -> str:
    size = spec.sizing.model_dump(exclude_none=True)
    kind = size.pop("kind")
    if kind == "fraction":
        return (
            "all of the equity"
            if size["fraction"] == 1
            else f"{number(round(100 * size['fraction'], 10))} % of the equity"
        )
    if kind == "risk":
        return f"risk {number(round(100 * size['fraction'], 10))} % of the equity"
    return f"{kind} {', '.join(f'{name} {value}' for name, value in size.items())}"


def changes(before: StrategySpec | None, after: StrategySpec) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what changed, each with the words `before` and `after`, and the names of what stayed."""
    old, new = (terms_of(before) if before is not None else {}), terms_of(after)
    names = list(dict.fromkeys([*old, *new]))
    changed = [
        {"what": name, "before": old.get(name), "after": new.get(name)}
        for name in names
        if old.get(name) != new.get(name)
    ]
    return changed, [f"{name}: {new[name]}" for name in new if old.get(name) == new[name]]


def setting_changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what changed in the settings, as `changes` does for the rules."""
    return [
        {"what": title, "before": _shown(name, before.get(name)), "after": _shown(name, after.get(name))}
        for name, title in _TITLES.items()
        if before.get(name) != after.get(name)
    ]


def _shown(name: str, value: Any) -> str | None:
    if value is None:
        return None
    return f"{number(round(100 * value, 10))} %" if name in ("commission", "spread") else str(value)


def sentence(change: dict[str, Any]) -> str:
    """Return one change as a sentence."""
    if change["before"] is None:
        return f"{change['what']} added: {change['after']}"
    if change["after"] is None:
        return f"{change['what']} removed: {change['before']}"
    return f"{change['what']}: {change['before']} → {change['after']}"
