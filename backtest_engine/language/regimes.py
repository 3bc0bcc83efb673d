"""Reading what limits rules to a state or a time: `if …, buy when …`, `while …`, `stay out when …`, `only trade …`."""

from backtest_engine.language.actions import modifiers, read_action
from backtest_engine.language.conditions import condition
from backtest_engine.language.nodes import Joined, Node, SidesDiffer, Wrapped
from backtest_engine.language.outline import Outline, Rule
from backtest_engine.language.reader import CLOSING_OF, Reader
from backtest_engine.language.rules import rule_of
from backtest_engine.language.sequences import ask_how_soon
from backtest_engine.spec import Always, OnWeekday


def limited_rules(r: Reader, result: Outline) -> bool | None:
    """`If ADX > 25, buy when … and sell when …`: what stands first limits the entries of its sentence."""
    start = r.place
    opened = r.take("WHEN") or r.take("WHEN_WHILE") or r.take("WITH")
    if not opened and not (r.place and r.words[r.place - 1].text == "with"):
        return None
    limit = condition(r)
    if limit is None:
        return None
    r.sign(",")
    r.take("THEN")
    r.sign(":")
    read = 0
    while r.word is not None and r.word.kind != "end":
        before = len(result.rules)
        mark = r.mark()
        if not rule_of(r, result, comma=False):
            r.reset(mark)
            break
        read += _limit(r, result, before, limit, start)
        mark = r.mark()
        r.sign(",", ";")
        r.sign("and", "or")
        if not (r.peek("ACT") or r.peek("SIDE")):
            r.reset(mark)
            break
    if read and opened and r.words[opened.end - 1].text in ("after", "once"):
        ask_how_soon(r, start)
    return True if read else None


def _limit(r: Reader, result: Outline, before: int, limit: Node, start: int) -> int:
    """Put a limit before the entries that were read since; return how many there were."""
    limited = 0
    for place in range(before, len(result.rules)):
        rule = result.rules[place]
        if rule.action in ("buy", "short"):
            node = limit if isinstance(rule.node, Always) else Joined("and", (limit, rule.node))
            result.rules[place] = Rule(rule.action, node, (start, rule.places[1]))
            limited += 1
        else:
            r.assume("the condition that comes first limits the entries of its sentence, not the exits")
    return limited


def entry_filter(r: Reader, result: Outline) -> bool | None:
    """`only trade when …`, `Filter: …`: a condition for every entry."""
    start = r.place
    labelled = r.take("FILTER") is not None and r.sign(":")
    if not labelled:
        r.place = start
        if not r.take("ONLY_TRADE"):
            return None
    if not r.take("WHEN"):
        r.take("AND")
    node = condition(r)
    if node is None or isinstance(node, SidesDiffer):
        return None  # `trade the 10/30 EMA cross` is the system itself
    result.filters.append(Rule("filter", node, (start, r.place)))
    return True


def held_until(r: Reader, result: Outline) -> bool | None:
    """`Hold until RSI is above 50`: that is the exit."""
    start = r.place
    if not r.take("HOLD") or not r.take("UNTIL"):
        return None
    r.context.role = "exit"
    node = condition(r)
    if node is None:
        return None
    result.rules.append(Rule("exit", node, (start, r.place)))
    return True


IDLE = ("be", "stay", "remain", "keep", "sit")


def flat_when(r: Reader, result: Outline) -> bool | None:
    """`Stay out when ADX is below 20`: closed then, and not opened either."""
    start = r.place
    if not r.at(*IDLE) or r.take("ACT", "exit") is None:
        return None
    r.context.role = "excluded"
    if not (r.take("WHEN") or r.at("in", "on", "during", "from", "between")):
        return None
    node = condition(r)
    if node is None:
        return None
    places = (start, r.place)
    result.rules.append(Rule("exit", node, places))
    result.filters.append(Rule("filter", Wrapped("not", node), places))
    r.assume(f"'{r.span(start)}' closes a position and keeps from opening one")
    return True


def exclusion(r: Reader, result: Outline) -> bool | None:
    """`Don't trade in August`, `no entries on Fridays`."""
    start = r.place
    if not r.take("NO_TRADE"):
        return None
    r.context.role = "excluded"
    r.take("WHEN")
    node = condition(r)
    if node is None:
        return None
    result.filters.append(Rule("filter", Wrapped("not", node), (start, r.place)))
    return True


def while_true(r: Reader, result: Outline) -> bool | None:
    """`long while the close is above the SMA(200)`, `only hold from May to June`: in and out with the condition."""
    start = r.place
    r.sign("only")
    action, first = "buy", r.place
    if not (r.take("HOLD") or r.take("RESTRICT", "long_only")):
        action = read_action(r) or ""
        if action not in ("buy", "short"):
            return None
    waiting = len(result.orders)
    modifiers(r, result)
    if len(result.orders) > waiting:
        # `buy limit at … as long as …` says when the order is placed, not when the position is closed.
        return None
    held = any(word.text in ("hold", "holding", "invested", "stay", "keep") for word in r.words[first : r.place])
    if not (
        r.sign("while", "whilst")
        or r.take("WHEN_WHILE")
        or (held and (r.take("WHEN") or r.at("from", "between", "in", "during", "on")))
    ):
        return None
    r.sign("only")
    node = condition(r)
    if node is None:
        return None
    places = (start, r.place)
    if isinstance(node, OnWeekday) and len(node.days) >= 5:
        r.ask(
            f"'{r.span(start)}' is always so; on which day is the position opened, and on which closed?", "exit", start
        )
    result.rules.append(Rule(action, node, places))
    result.whiles.append(Rule(CLOSING_OF[action], Wrapped("not", node), places))
    return True
