"""Conditions on the open position as postfix programs for the kernel (`kernel.conditions`)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from backtest_engine.simulation.kernel import plan
from backtest_engine.simulation.signals import Figure, Node, Signals
from backtest_engine.spec import (
    Ago,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Condition,
    Cross,
    Not,
    Number,
    Often,
    Operand,
    Part,
    PositionValue,
    Streak,
    Then,
    Within,
    parts_of,
)

_RELATIONS = {
    ">": plan.OP_GREATER,
    "<": plan.OP_LESS,
    ">=": plan.OP_AT_LEAST,
    "<=": plan.OP_AT_MOST,
    "==": plan.OP_EQUAL,
}
_ARITHMETIC = {"+": plan.OP_ADD, "-": plan.OP_SUBTRACT, "*": plan.OP_MULTIPLY, "/": plan.OP_DIVIDE}


def of_position(part: Part) -> bool:
    """Whether a part speaks of the open position."""
    return any(True for _ in parts_of(part, PositionValue))


@dataclass
class Program:
    """Collects the lines of programs; `series` and `held` give the row that a node is kept in.

    `deepest` is the most that the stack ever holds, `nested` the most loops in each other.
    """

    signals: Signals
    series: Callable[[Node], int]
    held: Callable[[Node], int]
    lines: list[tuple[int, int, int]] = field(default_factory=list)
    constants: list[Figure] = field(default_factory=list)
    deepest: int = 0
    nested: int = 0
    _loops: int = 0

    def add(self, condition: Condition) -> tuple[int, int]:
        """Write a condition; return its first line and the one after its last."""
        start = len(self.lines)
        self._condition(condition, 1)
        return start, len(self.lines)

    def _emit(self, operation: int, a: int = 0, b: int = 0) -> None:
        self.lines.append((operation, a, b))

    def _push(self, height: int, operation: int, a: int, b: int = 0) -> None:
        self.deepest = max(self.deepest, height)
        self._emit(operation, a, b)

    def _condition(self, condition: Condition, height: int) -> None:
        if not of_position(condition):
            self._push(height, plan.OP_HELD, self.held(self.signals.condition(condition)))
            return
        match condition:
            case Comparison():
                self._compared(condition.left, _RELATIONS[condition.relation], condition.right, height)
            case Cross():
                self._cross(condition, height)
            case All() | AnyOf():
                join = plan.OP_AND if isinstance(condition, All) else plan.OP_OR
                for place, part in enumerate(condition.conditions):
                    self._condition(part, height + bool(place))
                    if place:
                        self._emit(join)
            case Not():
                self._condition(condition.condition, height)
                self._emit(plan.OP_NOT)
            case _:
                self._over_bars(condition, height)

    def _over_bars(self, condition: Condition, height: int) -> None:
        match condition:
            case Ago():
                self._back(condition.bars, condition.condition, height)
            case Then():
                self._condition(condition.then, height)
                self._back(1, Within(condition=condition.first, bars=condition.bars), height + 1)
                self._emit(plan.OP_AND)
            case Streak() | Within() | Often():
                self._repeated(condition, height)
            case _:
                raise TypeError(f"{type(condition).__name__} speaks of no position")

    def _back(self, bars: int, condition: Condition, height: int) -> None:
        self._emit(plan.OP_BACK, bars)
        self._condition(condition, height)
        self._emit(plan.OP_BACK, -bars)

    def _repeated(self, condition: Streak | Within | Often, height: int) -> None:
        bars = condition.bars
        times = condition.times if isinstance(condition, Often) else bars if isinstance(condition, Streak) else 1
        self._loops += 1
        self.nested = max(self.nested, self._loops)
        self._emit(plan.OP_LOOP, bars, times)
        self._condition(condition.condition, height)
        self._emit(plan.OP_AGAIN)
        self._loops -= 1

    def _cross(self, cross: Cross, height: int) -> None:
        above = cross.direction == "above"
        now, before = (plan.OP_GREATER, plan.OP_AT_MOST) if above else (plan.OP_LESS, plan.OP_AT_LEAST)
        self._compared(cross.left, now, cross.right, height)
        self._emit(plan.OP_BACK, 1)
        self._compared(cross.left, before, cross.right, height + 1)
        self._emit(plan.OP_BACK, -1)
        self._emit(plan.OP_AND)

    def _compared(self, left: Operand, relation: int, right: Operand, height: int) -> None:
        self._operand(left, height)
        self._operand(right, height + 1)
        self._emit(relation)

    def _operand(self, value: Operand, height: int) -> None:
        match value:
            case PositionValue():
                self._push(height, plan.OP_POSITION, plan.MEASURES.index(value.measure))
            case Number():
                number = Figure(0) if value.value == 0 else self.signals.figure(value.value)
                self._constant(number, height)
            case Arithmetic() if of_position(value):
                for place, part in enumerate((value.left, value.right)):
                    if isinstance(part, Number):
                        self._constant(self.signals.figure(part.value), height + place)
                    else:
                        self._operand(part, height + place)
                self._emit(_ARITHMETIC[value.operator])
            case _:
                self._push(height, plan.OP_SERIES, self.series(self.signals.operand(value)))

    def _constant(self, number: Figure, height: int) -> None:
        self._push(height, plan.OP_CONSTANT, len(self.constants))
        self.constants.append(number)
