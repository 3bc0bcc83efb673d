"""From what was said to what is meant: references, lengths left out, conventions. What is not certain is a doubt."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.indicators import is_average
from backtest_engine.language.pieces.nodes import Call, Compared, Extreme, Group, It, Known, Percent, Sloping, Span, Sum
from backtest_engine.spec import (
    Ago,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Condition,
    Cross,
    Indicator,
    Not,
    Number,
    Operand,
    Price,
    Streak,
    Within,
)

# The line that is meant where only the indicator is named.
MAIN_LINES = {"macd": "macd", "supertrend": "supertrend"} | dict.fromkeys(
    ("stochastic", "stochastic_rsi", "stochastic_fast"), "k"
)


PERCENTAGES = frozenset(["roc", "natr", "ppo", "pvo"])
RATIOS = frozenset(["returns", "volatility", "bollinger_bandwidth"])
TINY = 0.5


class Doubt(Exception):
    """What cannot be settled without asking."""


def calls_in(node: Any) -> Iterator[Call]:
    """Yield the indicators that a node names."""
    match node:
        case Call():
            yield node
            yield from calls_in(node.source)
        case Sum() | Compared():
            yield from calls_in(node.left)
            yield from calls_in(node.right)
        case Group():
            for part in node.parts:
                yield from calls_in(part)
        case Span():
            yield from calls_in(node.inner)
        case Sloping():
            yield from calls_in(node.value)
        case tuple():
            for part in node:
                yield from calls_in(part)


@dataclass
class Context:
    """What was said so far and what the text says elsewhere."""

    said: tuple[Call, ...]
    coded: bool = False
    closing: bool = False
    assumptions: list[str] = field(default_factory=list)
    last: tuple[Operand, str, Operand] | None = None
    relied: set[Call] = field(default_factory=set)

    def condition(self, node: Any) -> Condition:
        """Return the condition that is meant; raise `Doubt`."""
        match node:
            case Known():
                return node.condition
            case Compared():
                return self._compared(node)
            case Sloping():
                return self._sloping(node)
            case Group():
                parts = tuple(self.condition(part) for part in node.parts)
                return _flat(node.word, parts)
            case Span():
                return _spanned(node, self.condition(node.inner))
        raise Doubt(f"what is meant by {type(node).__name__}")

    def _compared(self, node: Compared) -> Condition:
        if node.left is None or node.right is None or isinstance(node.right, It):
            left, right = self._completed(node)
        else:
            left, right = self._pair(node)
        if isinstance(left, Number):
            raise Doubt("what the number is compared with")
        if isinstance(left, Price) and isinstance(right, Number):
            raise Doubt("whether the number is a price")
        if _never(left, node.relation, right):
            raise Doubt("how a price can be beyond its own bar")
        if not self.coded and _shifted_apart(left, right):
            raise Doubt("whether all of it was so many bars ago")
        verb = _verb(node.verb, left, right, closing=self.closing)
        self.last = (left, verb, right)
        if verb == "cross":
            if isinstance(left, Price) and left.shift:
                raise Doubt("on which bar it crosses")
            if node.relation not in ("<", ">"):
                raise Doubt("which way it crosses")
            return Cross(left=left, direction="above" if node.relation == ">" else "below", right=right)
        return Comparison(left=left, relation=node.relation, right=right)

    def _pair(self, node: Compared) -> tuple[Operand, Operand]:
        left, right = node.left, node.right
        if isinstance(right, Percent):
            right = Number(value=_ratio(left, right.value))
        if isinstance(right, Number) and isinstance(left, Call) and left.name == "roc" and 0 < abs(right.value) < TINY:
            raise Doubt("whether the number is a percentage")
        if isinstance(right, Call) and not right.name and isinstance(left, Call) and left.name:
            # `MACD crosses above signal`: a line of the indicator that was just named.
            right = Call(left.name, left.numbers, right.output, left.source, right.shift, left.timeframe)
        if isinstance(right, Call):
            right = self._before_this_bar(right, node.relation)
        beyond = node.relation in (">", "<") and not isinstance(left, Extreme)
        return self.operand(left), self.operand(right, beyond=beyond, relation=node.relation)

    def _before_this_bar(self, line: Call, relation: str) -> Call:
        """A price is never beyond a channel that holds its own bar."""
        named = self._named(line)
        outward = {"upper": ">", "lower": "<"}.get(named.output or "") == relation
        if named.name != "donchian" or not outward or line.shift:
            return line
        self.assumptions.append("the Donchian channel is that of the bars before")
        return Call(named.name, named.numbers, named.output, named.source, 1, named.timeframe)

    def _completed(self, node: Compared) -> tuple[Operand, Operand]:
        """Fill in what was left out, by scale."""
        if self.last is None:
            raise Doubt("what is compared here")
        before, _, other = self.last
        if node.right is None or isinstance(node.right, It):
            if isinstance(other, Number | Arithmetic):
                raise Doubt("which level is meant")
            left = before if node.left is None or isinstance(node.left, It) else self.operand(node.left)
            if left != before:
                raise Doubt("what is compared with what")
            return before, other
        if isinstance(node.right, Percent):
            raise Doubt("what the percentage is of")
        line = self._before_this_bar(node.right, node.relation) if isinstance(node.right, Call) else node.right
        right = self.operand(line, beyond=node.relation in (">", "<"), relation=node.relation)
        if isinstance(right, Number):
            if not isinstance(other, Number):
                raise Doubt("which of the two is meant")
            if isinstance(before, Price) or (isinstance(before, Indicator) and REGISTRY[before.name].overlay):
                raise Doubt("what is compared with the number")
            return before, right
        if not isinstance(before, Price):
            raise Doubt("what is compared with the line")
        return before if before.field == "close" and not before.shift else Price(), right

    def _sloping(self, node: Sloping) -> Condition:
        if node.value is None:
            raise Doubt("what rises or falls")
        value = self.operand(node.value)
        if not isinstance(value, Indicator | Price):
            raise Doubt("what rises or falls")
        earlier = value.model_copy(update={"shift": value.shift + 1})
        step = Comparison(left=value, relation=node.relation, right=earlier)
        self.last = (value, "is", earlier)
        return step if node.bars == 1 else Streak(condition=step, bars=node.bars)

    def operand(self, node: Any, *, beyond: bool = False, relation: str = "") -> Operand:
        """Return the value that is meant; `beyond` where something is to be above or below it."""
        match node:
            case Call():
                return self._call(node)
            case Extreme():
                return self._extreme(node, beyond=beyond, relation=relation)
            case Sum():
                left = self.operand(node.left, beyond=beyond, relation=relation)
                right = self.operand(node.right, beyond=beyond, relation=relation)
                return Arithmetic(operator=node.operator, left=left, right=right)
            case It() | None:
                raise Doubt("what 'it' is")
        return node  # type: ignore[no-any-return]

    def _extreme(self, node: Extreme, *, beyond: bool, relation: str) -> Operand:
        shift = node.shift
        outward = relation[:1] == (">" if node.which == "highest" else "<")
        if node.excluding or (beyond and outward and not shift and node.excluding is not False):
            if not node.excluding:
                self.assumptions.append(f"the {node.which} {node.field} of {node.bars} bars leaves this bar out")
            shift += 1
        elif beyond and outward and not shift:
            raise Doubt(f"whether this bar counts for the {node.which} {node.field}")
        source = None if node.field == "close" else Price(field=node.field)
        return Indicator(name=node.which, parameters={"period": node.bars}, source=source, shift=shift)

    def _call(self, node: Call) -> Indicator:
        node = self._named(node)
        known = REGISTRY.get(node.name)
        if known is None:
            raise Doubt(f"what {node.name} is")
        numbers = node.numbers or self._numbers(node)
        parameters: dict[str, int | float] = {}
        for place, parameter in enumerate(known.parameters):
            value = numbers[place] if place < len(numbers) else parameter.default
            if value is None:
                raise Doubt(f"over how many bars the {known.title} is")
            if parameter.integer and value != int(value):
                raise Doubt(f"{value:g} as the {parameter.name} of {known.title}")
            parameters[parameter.name] = int(value) if parameter.integer else float(value)
        if not numbers and known.parameters:
            told = ", ".join(f"{value:g}" for value in parameters.values())
            self.assumptions.append(f"{known.title} with the usual {told}")
        source = None if node.source is None else self.operand(node.source)
        if source is not None and len(known.inputs) != 1:
            raise Doubt(f"{known.title} of something else than the bars")
        return Indicator(
            name=node.name,
            parameters=parameters,
            output=self._output(node, known.outputs),
            source=source,
            shift=node.shift,
            timeframe=node.timeframe,
        )

    def _named(self, node: Call) -> Call:
        """Find the indicator whose line was named alone."""
        if node.name:
            return node
        owners = {(call.name, call.numbers) for call in self.said if _has_line(call, node.output)}
        names = {name for name, _ in owners}
        if len(names) != 1:
            raise Doubt(f"whose {node.output} line is meant")
        lengths = {numbers for _, numbers in owners if numbers}
        if node.numbers:
            lengths = {node.numbers}
        if len(lengths) > 1:
            raise Doubt(f"which {node.output} line is meant")
        numbers = lengths.pop() if lengths else ()
        self.relied |= {call for call in self.said if call.name in names and call.numbers in (numbers, ())}
        return Call(names.pop(), numbers, node.output, node.source, node.shift, node.timeframe)

    def _numbers(self, node: Call) -> tuple[float, ...]:
        """Return the numbers that the text gives to this indicator elsewhere."""
        said = {call.numbers for call in self.said if call.name == node.name and call.numbers}
        if len(said) > 1:
            raise Doubt(f"which {node.name.upper()} is meant")
        if said:
            self.relied |= {call for call in self.said if call.name == node.name}
            return said.pop()
        return ()

    def _output(self, node: Call, outputs: tuple[str, ...]) -> str | None:
        if len(outputs) == 1:
            return None
        chosen = node.output or MAIN_LINES.get(node.name)
        if chosen not in outputs:
            raise Doubt(f"which line of {node.name.replace('_', ' ')} is meant")
        if node.output is None and node.name.startswith("stochastic"):
            self.assumptions.append("the stochastic is its %K line")
        return chosen


def _verb(verb: str, left: Operand, right: Operand, *, closing: bool) -> str:
    """A break of a band or an extreme is a state, that of a line an event; two averages that move cross."""
    if verb == "move":
        return "cross" if is_average(left) and is_average(right) and not closing else "is"
    if verb == "break":
        band = isinstance(right, Indicator) and (
            right.name in ("highest", "lowest") or right.output in ("upper", "lower")
        )
        return "is" if band or isinstance(right, Price) else "cross"
    return verb


def _shifted_apart(left: Operand, right: Operand) -> bool:
    """Whether only one of two different values is an earlier one."""
    if not isinstance(right, Indicator) or not right.shift or right.name in ("highest", "lowest", "donchian"):
        return False
    return not (isinstance(left, Indicator) and left.name == right.name)


def _never(left: Operand, relation: str, right: Operand) -> bool:
    """Whether a price is to be beyond the high or low of its own bar."""
    if not (isinstance(left, Price) and isinstance(right, Price)) or left.shift != right.shift:
        return False
    return (relation == ">" and right.field == "high") or (relation == "<" and right.field == "low")


def _ratio(left: object, percent: float) -> float:
    name = left.name if isinstance(left, Call) else ""
    if name in PERCENTAGES:
        return percent
    if name in RATIOS:
        return round(percent / 100, 10)
    raise Doubt("what the percentage is of")


def _has_line(call: Call, output: str | None) -> bool:
    outputs = REGISTRY[call.name].outputs if call.name in REGISTRY else ()
    return len(outputs) > 1 and output in outputs


def _flat(word: str, parts: Iterable[Condition]) -> Condition:
    kind = All if word == "and" else AnyOf
    flat: list[Condition] = []
    for part in parts:
        flat += part.conditions if isinstance(part, kind) else [part]
    unique = tuple(part for place, part in enumerate(flat) if part not in flat[:place])
    return unique[0] if len(unique) == 1 else kind(conditions=unique)


def _spanned(node: Span, inner: Condition) -> Condition:
    match node.kind:
        case "streak":
            return inner if node.bars == 1 else Streak(condition=inner, bars=node.bars)
        case "within":
            return Within(condition=inner, bars=node.bars)
        case "ago":
            return Ago(condition=inner, bars=node.bars)
    return Not(condition=inner)
