"""Reading what happens one after the other: `three red candles and then a green one`."""

from backtest_engine.language.nodes import Joined, Moves, Node, SidesDiffer, Wrapped
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import OWN_END
from backtest_engine.spec import Comparison, Cross, Indicator, Number, Operand, Price


def sequence(r: Reader, earlier: Node, after: Node, *, at_once: bool, start: int) -> Node:
    """Return what holds once `after` has followed what was said before it.

    Bars follow each other directly. Of anything else it must be said how soon, or no bar would be the right one.
    """
    if (crossed := _cross_back(earlier, after)) is not None:
        r.assume("a cross says by itself that the value was on the other side before")
        return crossed
    bars = _bars(after)
    if not at_once and not (is_shape(earlier) and is_shape(after)):
        ask_how_soon(r, start)
    r.assume("what comes before a bar is looked at one bar earlier")
    later = _beyond_the_bar_before(after)
    if later != after:
        r.questions[:] = [question for question in r.questions if question.about != OWN_END]
    return Joined("and", (Wrapped("ago", earlier, bars), later))


def ask_how_soon(r: Reader, start: int) -> None:
    """Ask for the time between two things that happen one after the other."""
    r.ask(
        f"How soon must the second follow the first in '{r.span(start)}'? Say 'on the next bar', or name a number of "
        "bars, as in 'RSI was below 30 within the last 5 bars'.",
        "time between two events",
        start,
    )


def _beyond_the_bar_before(node: Node) -> Node:
    """`an inside bar followed by a close above its high`: no close is above the high of its own bar."""
    if isinstance(node, Comparison) and isinstance(node.left, Price) and isinstance(node.right, Price):
        ends = {">": "high", "<": "low"}.get(node.relation)
        if node.left == Price() and node.right == Price(field=ends):
            return node.model_copy(update={"right": Price(field=ends, shift=1)})
    return node


def _bars(node: Node) -> int:
    """How many bars a condition looks at."""
    return node.bars if isinstance(node, Wrapped) and node.kind == "streak" else 1


def is_shape(node: Node) -> bool:
    """Whether a condition is about how bars look, so that each bar is the whole of it."""
    match node:
        case Joined():
            return all(map(is_shape, node.parts))
        case Wrapped():
            return is_shape(node.inner)
        case Comparison():
            return _is_of_bars(node.left) and _is_of_bars(node.right)
    return False


def contradict(one: Node, other: Node) -> bool:
    """Whether two conditions cannot hold on one bar: a red and a green bar, or below 30 and a cross above 40."""
    one, other = (node.inner if isinstance(node, Wrapped) and node.kind == "streak" else node for node in (one, other))
    if isinstance(other, SidesDiffer):
        other = other.long
    if isinstance(one, Comparison) and isinstance(other, Cross | Moves):
        return _on_the_other_side(one, other)
    if not isinstance(one, Comparison) or not isinstance(other, Comparison) or not (is_shape(one) and is_shape(other)):
        return False
    same = (one.left, one.right) == (other.left, other.right)
    return same and {one.relation[0], other.relation[0]} == {"<", ">"}


def _on_the_other_side(state: Comparison, event: Cross | Moves) -> bool:
    """Whether a reading is below one number where it crosses above another that is no lower, or the reverse."""
    if state.left != event.left or not isinstance(state.right, Number) or not isinstance(event.right, Number):
        return False
    if event.direction == "above":
        return state.relation == "<" and event.right.value >= state.right.value
    return state.relation == ">" and event.right.value <= state.right.value


def _is_of_bars(value: Operand) -> bool:
    if isinstance(value, Indicator):
        return value.name.startswith("cdl_")
    return not isinstance(value, Price) or value.timeframe is None


def _cross_back(earlier: Node, after: Node) -> Cross | None:
    """`falls below 30 and then crosses above 30`: the second cannot be without the first."""
    if not isinstance(after, Cross | Moves) or not isinstance(earlier, Cross | Moves | Comparison):
        return None
    side = {"<": "below", ">": "above"}.get(earlier.relation) if isinstance(earlier, Comparison) else earlier.direction
    if (earlier.left, earlier.right) != (after.left, after.right) or side in (None, after.direction):
        return None
    return Cross(left=after.left, direction=after.direction, right=after.right)
