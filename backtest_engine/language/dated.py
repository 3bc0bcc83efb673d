"""Reading rules that begin with a date or a time: `at 10:00 buy if …`, `hold from the first day of …`."""

from backtest_engine.language import calendar
from backtest_engine.language.actions import modifiers_after, read_action, to_the_action
from backtest_engine.language.conditions import condition
from backtest_engine.language.nodes import Joined, Node, Wrapped
from backtest_engine.language.outline import Outline, Rule
from backtest_engine.language.reader import CLOSING, CLOSING_OF, Reader


def dated_rule(r: Reader, result: Outline) -> bool | None:
    """`On Mondays buy if …`, `at month end: if …, own it, otherwise sell it`: the date limits what stands behind it."""
    start = r.place
    r.take("WHEN")
    date = calendar.when(r)
    if date is None or not calendar.has_date(date):
        return None
    words = r.span(start)
    r.sign(",")
    r.sign("check")
    r.sign(":", ",", "-")
    before = len(result.rules)
    while _conditional_action(r, result, date, start):
        mark = r.mark()
        r.sign(",")
        r.sign("and", "but")
        if not (r.peek("ACT") or r.peek("WHEN")):
            r.reset(mark)
            break
    read = len(result.rules) - before
    if not read:
        return None
    _otherwise(r, result, date, start)
    if sum(isinstance(one.node, Joined) and one.node.parts[0] == date for one in result.rules[before:]) > 1:
        r.assume(f"'{words}' holds for every rule of its sentence")
    return True


def _conditional_action(r: Reader, result: Outline, date: Node, start: int) -> bool:
    """Read `buy if …` or `if …, buy`, and put the date before its condition."""
    mark = r.mark()
    if r.take("WHEN"):
        node = condition(r)
        r.sign(",")
        r.take("THEN")
        to_the_action(r)
        action = read_action(r) if node is not None else None
    else:
        action = read_action(r)
        r.context.role = action or ""
        node = condition(r) if action is not None and r.take("WHEN") else None
    if action is None or node is None:
        r.reset(mark)
        return False
    r.sign("it")
    # `sell … on Fridays` has a date of its own.
    whole = node if calendar.has_date(node) else Joined("and", (date, node))
    result.rules.append(Rule(action, whole, (start, r.place)))
    modifiers_after(r, result)
    return True


def _otherwise(r: Reader, result: Outline, date: Node, start: int) -> None:
    """Read `otherwise sell`: on the same dates, where the condition does not hold."""
    mark = r.mark()
    r.sign(",")
    last = result.rules[-1]
    if last.action not in CLOSING_OF or not isinstance(last.node, Joined) or last.node.parts[0] != date:
        return
    idle = r.take("RESTRICT", "else_idle")
    out = idle or r.take("RESTRICT", "else_out") or (r.sign("otherwise", "else") and read_action(r) in CLOSING)
    if not out:
        r.reset(mark)
        return
    r.sign("it")
    leave = Joined("and", (date, Wrapped("not", last.node.parts[1])))
    rules = result.otherwise if idle else result.rules
    rules.append(Rule(CLOSING_OF[last.action], leave, (start, r.place)))


def held_between(r: Reader, result: Outline) -> bool | None:
    """`Hold from the first trading day of November to the last of April`: in on the one, out on the other."""
    start = r.place
    if not (r.take("HOLD") or r.take("ACT", "buy")) or not r.sign("from"):
        return None
    first = calendar.when(r)
    if first is None or not calendar.of_single_days(first) or not r.sign("to", "until", "till", "through", "-"):
        return None
    last = calendar.when(r)
    if last is None or not calendar.of_single_days(last):
        return None
    places = (start, r.place)
    result.rules.append(Rule("buy", first, places))
    result.rules.append(Rule("sell", last, places))
    return True
