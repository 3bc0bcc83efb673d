"""Whether an entry and its exit hold at the same time, so that a position is closed as soon as it is open."""

from backtest_engine.language.explain import operand as written
from backtest_engine.spec import Comparison, Condition, Number


def overlap(entry: Condition, leave: Condition) -> str | None:
    """Return where both of two plain limits on one value hold, in words; None where nothing is sure.

    `buy below 30, sell above 20` overlaps between the two, `buy below 30, sell below 40` wherever it buys; to buy above
    30 and sell above 70 is no mistake. What has more conditions than one is left alone: a filter may well overlap with
    an exit.
    """
    if not isinstance(entry, Comparison) or not isinstance(leave, Comparison) or entry.left != leave.left:
        return None
    if entry.right == leave.right and entry.relation[0] == leave.relation[0]:
        return f"{written(entry.left)} is {'below' if entry.relation[0] == '<' else 'above'} {written(entry.right)}"
    if not isinstance(entry.right, Number) or not isinstance(leave.right, Number):
        return None
    value, opened, closed = written(entry.left), entry.right.value, leave.right.value
    match entry.relation[0] + leave.relation[0]:
        case "<<" if opened <= closed:
            return f"{value} is below {opened:g}"
        case ">>" if opened >= closed:
            return f"{value} is above {opened:g}"
        case "<>" if closed < opened:
            return f"{value} is between {closed:g} and {opened:g}"
        case "><" if opened < closed:
            return f"{value} is between {opened:g} and {closed:g}"
    return None
