"""Which number of a specification each parameter of its compiled module stands for.

The module is written once more from a specification whose numbers know their place; what each attribute was made of is
noted on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from backtest_engine.compiler.declarations import Declarations
from backtest_engine.compiler.expressions import Writer
from backtest_engine.compiler.module import Module
from backtest_engine.spec import Indicator, Number, Part, Price, StrategySpec
from backtest_engine.spec.warm_up import identity

# The one number that is written otherwise than the specification says it.
RISK_PERCENT = "risk_percent"


class PlacedFloat(float):
    """A number of a specification that knows its place."""

    place: int


class PlacedInt(int):
    """A whole number of a specification that knows its place."""

    place: int


@dataclass(frozen=True, kw_only=True)
class ParameterNames:
    """The specification with numbers that know their place, and what each is called.

    `of_indicators` has the names of an indicator's parameters by what `identity` gives for it, after that of the
    indicator on longer bars that it is the source of, if any. `defaults` has the value of every name.
    """

    spec: StrategySpec
    of_places: Mapping[int, str] = field(default_factory=dict)
    of_indicators: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    risk_percent: str | None = None
    defaults: Mapping[str, float] = field(default_factory=dict)

    def of(self, number: float) -> str | None:
        """Return the name of a number of `spec`, None for one that is no parameter."""
        return self.of_places.get(getattr(number, "place", -1))

    def of_indicator(self, call: Indicator, owner: Indicator | None = None) -> Mapping[str, str]:
        """Return what the parameters of a call are called; `owner` is the one on longer bars that it is inside of."""
        return self.of_indicators.get(("" if owner is None else identity(owner), identity(call)), {})


def unnamed(spec: StrategySpec) -> ParameterNames:
    """Return a specification none of whose numbers has a name: enough to play it as it is."""
    return ParameterNames(spec=spec)


def parameter_names(spec: StrategySpec) -> ParameterNames:
    """Return what the numbers of a specification are called in the module that it compiles to."""
    placed = _Placing().part(spec)
    module = _Tracing(placed, name="Strategy", explanation="", words={})
    module.source()
    writer: Any = module.write
    return ParameterNames(
        spec=placed,
        of_places=writer.found,
        of_indicators=writer.init.found,
        risk_percent=writer.risk_percent,
        defaults={name: _number(text) for name, text in writer.init.parameters.items()},
    )


class _Placing:
    def __init__(self) -> None:
        self._count = 0

    def part(self, part: Any) -> Any:
        """Return a part whose numbers know their place; those of indicators are known by the call."""
        changes = {name: self._value(getattr(part, name)) for name in type(part).model_fields}
        return part.model_copy(update=changes)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Part):
            return self.part(value)
        if isinstance(value, tuple):
            return tuple(self._value(item) for item in value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        placed = PlacedInt(value) if isinstance(value, int) else PlacedFloat(value)
        self._count += 1
        placed.place = self._count
        return placed


@dataclass
class _Declarations(Declarations):
    found: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _owner: str = ""

    def _declare(self, key: str, value: Indicator | Price) -> None:
        self._owner = key if value.timeframe is not None else ""
        super()._declare(key, value)
        self._owner = ""

    def _numbers(self, value: Indicator, owner: str) -> list[str]:
        texts = super()._numbers(value, owner)
        names = dict(text.split("=self.") for text in texts)
        key = identity(value)
        self.found["" if key == self._owner else self._owner, key] = names
        return texts


@dataclass
class _Writer(Writer):
    found: dict[int, str] = field(default_factory=dict)
    risk_percent: str | None = None

    def parameter(self, wanted: str, value: float) -> str:
        return self._noted(value, super().parameter(wanted, value))

    def shared(self, name: str, value: float) -> str:
        read = self._noted(value, super().shared(name, value))
        if name == RISK_PERCENT:
            self.risk_percent = read.removeprefix("self.")
        return read

    def _noted(self, value: float, read: str) -> str:
        place = getattr(value, "place", None)
        if place is not None:
            self.found[place] = read.removeprefix("self.")
        return read


@dataclass
class _Tracing(Module):
    declarations: ClassVar[type[Declarations]] = _Declarations
    writer: ClassVar[type[Writer]] = _Writer


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


__all__ = ["Number", "ParameterNames", "parameter_names", "unnamed"]
