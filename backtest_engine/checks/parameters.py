"""Reads a strategy's parameters from its source, without running it."""

import math
from collections.abc import Mapping
from typing import Any

from backtest_engine.diagnostics import facts_of
from backtest_engine.domain import BROKER_RANGES, BrokerSettings
from backtest_engine.errors import InvalidParameter
from backtest_engine.simulation.house import FILLS


def declared_parameters(code: str) -> dict[str, Any]:
    """Return the class attributes of the strategy that would run, by name, with their defaults.

    A parameter is a public attribute with a plain value: a number, a text, a boolean, None, or arithmetic of numbers.
    Code that is no Python declares nothing; code that cannot be read within limits raises `StrategyRejected`.
    """
    return dict(facts_of(code).parameters)


def effective_parameters(code: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declared parameters with the given values in place. Raises `InvalidParameter`.

    A value that the file's own run states is taken as it is: its author tried `multiplier = 3` with 2.5.
    """
    facts = facts_of(code)
    declared, own = dict(facts.parameters), facts.own_run
    stated = dict(own.parameters) if own else {}
    return {
        **declared,
        **{
            name: value if name in declared and _is(value, stated.get(name)) else _accepted(name, value, declared)
            for name, value in given.items()
        },
    }


def check_broker(broker: BrokerSettings) -> None:
    """Raise `InvalidParameter` for settings that no broker offers or that make no sense."""
    for name, choices in (("fills", FILLS), ("fractional", ("auto", True, False))):
        if getattr(broker, name) not in choices:
            said = f"{name} must be one of {', '.join(str(choice).lower() for choice in choices)}."
            raise InvalidParameter(said, details={"parameter": name})
    for name, (least, most) in BROKER_RANGES.items():
        value = getattr(broker, name)
        # Not a number is in no range.
        if not least <= value <= most:
            said = f"{name} must be from {least:g} to {most:g}, not {value!r}."[:200]
            raise InvalidParameter(said, details={"parameter": name})


def _is(value: Any, stated: Any) -> bool:
    return stated is not None and type(value) is type(stated) and value == stated


def _accepted(name: str, value: Any, declared: Mapping[str, Any]) -> Any:
    if name not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise InvalidParameter(
            f"The strategy has no parameter {name!r}; it declares: {known}.",
            details={"parameter": name, "declared": dict(declared)},
        )
    default = declared[name]
    wanted = _wanted_type(default, value)
    if wanted is not None:
        raise InvalidParameter(
            f"The parameter {name!r} must be {wanted}, like its default {default!r}, not {value!r}."[:500],
            details={"parameter": name, "declared": dict(declared)},
        )
    if isinstance(default, int) and not isinstance(default, bool) and isinstance(value, float):
        return int(value)
    return value


def _wanted_type(default: Any, value: Any) -> str | None:
    """Return what the value should have been, or None when it fits the default."""
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(default, str):
        return None if isinstance(value, str) else "a text"
    if default is None:
        return None if value is None or isinstance(value, bool | int | float | str) else "a plain value"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "a finite number"
    if isinstance(default, int) and value != int(value):
        return "a whole number"
    return None
