"""From which side a value is reached again: what the entry says of where it was left."""

from backtest_engine.language.nodes import Joined, Moves, Node, Returns, Wrapped
from backtest_engine.spec import Comparison, Cross, Indicator, Number, Operand

LINES = ("lower", "middle", "upper")
Left = Comparison | Cross | Moves | Returns


def side_left(entry: Node, node: Returns) -> str | None:
    """Return the relation that ends a move back to a value, where the entry speaks of that value or its kind.

    The same line, another line of the same channel, or another number of the same reading; whatever else the entry
    asks for says nothing about it.
    """
    for part in _parts(entry):
        if part.left != node.left and not isinstance(part.right, Indicator):
            continue
        for found in (_same(part, node), _other_line(part, node), _other_number(part, node)):
            if found is not None:
                return found
    return None


def only_side(entry: Node, node: Returns) -> str | None:
    """Return the relation that a lone condition on the same value suggests, though it is about another line."""
    if isinstance(entry, Comparison | Cross | Moves) and entry.left == node.left:
        return ">=" if _below(entry) else "<="
    return None


def _parts(node: Node) -> list[Left]:
    match node:
        case Joined():
            return [found for part in node.parts for found in _parts(part)]
        case Wrapped() if node.kind != "not":
            return _parts(node.inner)
        case Comparison() | Cross() | Moves() | Returns():
            return [node]
    return []


def _below(part: Left) -> bool | None:
    """Whether a condition holds below its right side."""
    match part:
        case Comparison():
            return None if part.relation == "==" else part.relation[0] == "<"
        case Cross() | Moves():
            return part.direction == "below"
    return None


def _same(part: Left, node: Returns) -> str | None:
    if (part.left, _here(part.right)) != (node.left, _here(node.right)) or _below(part) is None:
        return None
    return ">=" if _below(part) else "<="


def _here(value: Operand) -> Operand:
    return value.model_copy(update={"shift": 0}) if isinstance(value, Indicator) else value


def _other_number(part: Left, node: Returns) -> str | None:
    if part.left != node.left or not isinstance(part.right, Number) or not isinstance(node.right, Number):
        return None
    if part.right == node.right:
        return None
    return ">=" if part.right.value < node.right.value else "<="


def _other_line(part: Left, node: Returns) -> str | None:
    """From one line of a channel to another the way is known: from the lower band to the middle one it is up."""
    if not isinstance(part.right, Indicator) or not isinstance(node.right, Indicator):
        return None
    start, end = part.right.output, _as_line_of(part.right, node.right)
    if start not in LINES or end not in LINES or start == end:
        return None
    return ">=" if LINES.index(start) < LINES.index(end) else "<="


MIDDLES = {"bollinger": "sma", "keltner": "ema"}


def _as_line_of(channel: Indicator, value: Indicator) -> str | None:
    """Which line of a channel a value is: its own output, or the average that is its middle."""
    if channel.model_copy(update={"output": value.output, "shift": value.shift}) == value:
        return value.output
    middle = MIDDLES.get(channel.name) == value.name and channel.source == value.source
    return "middle" if middle and channel.parameters.get("period") == value.parameters.get("period") else None
