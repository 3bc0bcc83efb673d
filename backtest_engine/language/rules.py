"""Reading rules: an action and its condition, in the orders that people put them."""

import re
from dataclasses import replace

from backtest_engine.language.actions import (
    coming_action,
    invests,
    modifiers,
    modifiers_after,
    opposite,
    puts_in,
    read_action,
    to_the_action,
)
from backtest_engine.language.conditions import condition
from backtest_engine.language.nodes import Joined, Node, Opposite, SidesDiffer, Wrapped
from backtest_engine.language.outline import Outline, Rule
from backtest_engine.language.phrases import Match
from backtest_engine.language.protection import protection
from backtest_engine.language.reader import CLOSING, CLOSING_OF, Problem, Reader
from backtest_engine.language.sizes import size
from backtest_engine.spec import Always, Comparison, Cross, FractionSize, Indicator


def restriction(r: Reader, result: Outline) -> bool | None:
    match = r.take("RESTRICT")
    if match is None:
        return None
    if (denied := _denied_for_a_time(r, result, match)) is not None:
        return denied or None
    result.restrictions.add(match.value)
    start = r.place
    mark = r.mark()
    if match.value in ("long_only", "short_only", "both") and (
        r.take("WHEN") or r.take("AND") or r.sign("on", "at", "with")
    ):
        node = condition(r)
        if node is not None:
            _conditional(result, match.value, Rule("filter", node, (start, r.place)))
            return True
    r.reset(mark)
    return True


EXCLUDED_SIDE = {"long_only": "short", "short_only": "long"}


def _denied_for_a_time(r: Reader, result: Outline, match: Match) -> bool | None:
    """`No longs on Fridays`: longs at other times, not shorts."""
    words = [word.text for word in r.words[: match.end][-4:]]
    denied = any(word in ("no", "never", "not", "don't", "without", "skip") for word in words)
    if match.value not in EXCLUDED_SIDE or not denied or not (r.peek("WHEN") or r.at("on", "in", "during", "at")):
        return None
    start = r.place
    r.context.role = "excluded"
    r.take("WHEN")
    node = condition(r)
    if node is None:
        return False
    side = EXCLUDED_SIDE[match.value]
    result.filters.append(Rule(f"filter {side}", Wrapped("not", node), (start, r.place)))
    return True


def _conditional(result: Outline, direction: str, rule: Rule) -> None:
    """`only longs while …` limits the entries; `long and short on …` is both of them."""
    if direction == "both" and isinstance(joined_parts(rule.node)[0], SidesDiffer):
        result.rules.append(Rule("buy", rule.node, rule.places))
        result.rules.append(Rule("short", rule.node, rule.places))
    elif direction in EXCLUDED_SIDE:
        result.filters.append(replace(rule, action=f"only {direction.removesuffix('_only')}"))
    else:
        result.filters.append(rule)


def hold_all(r: Reader, result: Outline) -> bool | None:
    start = r.place
    if not r.take("HOLD_ALL"):
        if not r.take("ACT", "buy"):
            return None
        while not r.take("HOLD_ALL"):
            amount = size(r)
            if amount is not None:
                result.sizes.append((amount, (start, r.place)))
            elif not (r.take("DAY_ONE") or r.sign(",", "and", "with", "then")):
                return None
    while not r.done:
        amount = size(r)
        if amount is not None:
            result.sizes.append((amount, (start, r.place)))
        elif not (
            r.take("DAY_ONE") or r.take("HOLD_ALL") or r.sign(",", "and", "with") or r.take("RESTRICT", "in_cash_else")
        ):
            break
    result.rules.append(Rule("buy", Always(), (start, r.place)))
    return True


def rule_of(r: Reader, result: Outline, *, comma: bool = True) -> bool | None:
    """`buy when …`, `sell: …`, `long close > upper`."""
    start = r.place
    open_already = r.take("ONCE_IN") is not None
    if open_already:
        r.sign(",")
    _skip_to_the_action(r)
    action = _action_of_an_order(r) or read_action(r) or puts_in(r)
    if action is None:
        return None
    if open_already and action not in CLOSING:
        return None
    turned = _turned(r, action)
    r.context.role = action
    waiting, sized = len(result.orders), len(result.sizes)
    node: Node | None = None
    while node is None:
        modifiers(r, result)
        if (
            result.orders
            and result.orders[-1][2][1] == r.place
            and (r.done or r.words[r.place].kind == "end" or r.at(","))
        ):
            _ask_whether_titled(r, result)
            node = Always()
            break
        node = r.first(condition, opposite)
        if (
            node is None
            and not r.take("WHEN")
            and not r.sign(":", "=", "->", "-", "on", "at", "by", "is", "for", "a")
            and not (comma and r.sign(","))
        ):
            return None
    _ask_about_the_past(r, node, start)
    if len(result.sizes) > sized:
        _assume_one_position(r, action, start)
    _refuse_parts(r, result, action, sized, start)
    result.rules += [Rule(one, node, (start, r.place)) for one in (action, turned) if one]
    r.context.opened = {rule.action for rule in result.rules}
    _amounts_after(r, result, action, start)
    _ask_about_exit(r, result, action, waiting, start)
    _give_side(result, action, waiting)
    return True


TURNED = frozenset([("sell", "short"), ("exit", "short"), ("cover", "buy"), ("exit", "buy")])


def _turned(r: Reader, action: str) -> str | None:
    """Read the second action of `sell and go short when …`, `cover and go long`."""
    mark = r.mark()
    if r.sign("and", "&", "then") and (action, second := read_action(r)) in TURNED:
        return second
    r.reset(mark)
    return None


def _until(r: Reader, result: Outline, action: str) -> None:
    """Read `… until RSI is above 70` after an entry: that is the exit."""
    mark = r.mark()
    start = r.place
    if action in CLOSING_OF and r.take("UNTIL"):
        r.context.role = CLOSING_OF[action]
        node = condition(r)
        if node is not None:
            result.rules.append(Rule(r.context.role, node, (start, r.place)))
            return
    r.reset(mark)


def _action_of_an_order(r: Reader) -> str | None:
    """Return what `buy stop at …` or `sell limit at …` does; the order itself is read after it."""
    if not (r.peek("STOP_ORDER") or r.peek("LIMIT")) or not r.at("buy", "sell", "long", "short"):
        return None
    return "buy" if r.at("buy", "long") else "short"


def _give_side(result: Outline, action: str, waiting: int) -> None:
    side = {"buy": "long", "short": "short"}.get(action)
    result.orders[waiting:] = [(side, order, places) for _, order, places in result.orders[waiting:]]


def _ask_whether_titled(r: Reader, result: Outline) -> None:
    """`Golden cross: buy with a limit order …`: a name, or what the order waits for?"""
    if result.title:
        r.ask(
            f"Is '{result.title}' the name of the strategy, or the condition on which the order is placed? Say 'buy "
            "when …', or 'on every bar'.",
            "entry",
            0,
            result.title_words,
        )


def _refuse_parts(r: Reader, result: Outline, action: str, sized: int, start: int) -> None:
    """`sell 10 shares when …`: an exit closes the whole position."""
    if action not in CLOSING:
        return
    if any(amount != FractionSize(fraction=1.0) for amount, _ in result.sizes[sized:]):
        first, last = r.words[start], r.words[r.place - 1]
        why = "closing a part of a position cannot be said yet"
        r.problems.append(Problem(r.span(start), first.start, last.end, why, code="unsupported_rule"))
    del result.sizes[sized:]


def _amounts_after(r: Reader, result: Outline, action: str, start: int) -> None:
    """Read amounts behind a rule: without a comma they are the action's, behind one they may be the strategy's."""
    sized = len(result.sizes)
    modifiers_after(r, result)
    if len(result.sizes) > sized:
        _assume_one_position(r, action, start)
        if r.words[result.sizes[sized][1][0] - 1].text != ",":
            _refuse_parts(r, result, action, sized, start)


EACH_TIME = re.compile(r"\b(?:each|every)\s+(?:time|day|week|month|quarter|\w+day)\b", re.IGNORECASE)


def _assume_one_position(r: Reader, action: str, start: int) -> None:
    """`buy $5,000 worth every time …`: not while a position is open, unless more entries are asked for."""
    if action in ("buy", "short") and EACH_TIME.search(r.span(start)):
        r.assume("a signal while as many positions are open as may be is not traded; 'up to 3 entries' allows more")


PAST = re.compile(r"\b(?:(?:has|have|had) been|was|were)\b", re.IGNORECASE)


def _ask_about_the_past(r: Reader, node: Node, start: int) -> None:
    """`after RSI has been below 30`, `had been below 30`: at some time before, but when?"""
    words = r.span(start)
    past = PAST.search(words)
    after = any(word.text in ("after", "once") for word in r.words[start : r.place])
    if isinstance(node, Comparison) and past and (after or "had" in past.group().lower()):
        r.ask(
            f"How long ago may it have been in '{words}'? Say a number of bars, as in 'within the last 5 bars'.",
            "time between two events",
            start,
        )


LEADS = (
    *("it", "to", "place", "put", "set", "want", "wants", "would"),
    *("system", "bot", "strategy", "algorithm", "trader"),
)


def _skip_to_the_action(r: Reader) -> None:
    """Skip `I want to` and `the system` before what is done."""
    place = r.place
    while place < len(r.words) and r.words[place].text in LEADS:
        place += 1
    if place < len(r.words) and any(match.kind == "ACT" for match in r.found[place]):
        r.go(place)


def _ask_about_exit(r: Reader, result: Outline, action: str, waiting: int, start: int) -> None:
    """An exit is a market order for the whole position: a limit is a target, a stop order a stop."""
    if action not in CLOSING or len(result.orders) == waiting:
        return
    del result.orders[waiting:]
    r.ask(
        f"Exits are market orders; what does '{r.span(start)}' mean? Say 'take profit at …' or 'stop at …'.",
        "order of an exit",
        start,
    )


def added(r: Reader, result: Outline) -> bool | None:
    """`Add 20 % of the cash on each close above …`: one more entry each time."""
    start = r.place
    if not r.take("PYRAMID"):
        return None
    r.sign("another", "with")
    amount = size(r)
    if amount is None:
        return None
    result.sizes.append((amount, (start, r.place)))
    r.sign("more")
    if not (r.take("WHEN") or r.sign("on", "at")):
        return None
    r.sign("each", "every", "any")
    node = condition(r)
    if node is None:
        return None
    result.rules.append(Rule("buy", node, (start, r.place)))
    return True


HEADINGS = {
    "buy": ("buy",),
    "sell": ("sell", "exit"),
    "exit": CLOSING,
    "short": ("short",),
    "cover": ("cover",),
}


def heading(r: Reader, result: Outline) -> bool | None:
    """`Entry: buy when …`, `Trailing exit: sell when …`: the heading says again what the rule does."""
    act = r.take("ACT")
    if act is None and not (r.take("TRAIL") or r.take("STOP") or r.take("TARGET")):
        return None
    allowed = HEADINGS.get(act.value, ()) if act else CLOSING
    r.sign("rule", "rules", "condition", "conditions", "signal", "signals", "criteria", "exit")
    if not r.sign(":"):
        return None
    here = r.place
    if r.peek("WHEN"):
        return None
    following = r.peek("ACT") if not r.at("close", "closes") else None
    return (here == r.place and following is not None and following.value in allowed) or None


def mirror_rule(r: Reader, result: Outline) -> bool | None:
    """`vice versa for shorts`, `the mirror image closes it`."""
    start = r.place
    if not r.take("MIRROR"):
        return None
    r.sign("for", "to", "on")
    action = read_action(r)
    if action is None:
        return None
    r.sign("it")
    places = (start, r.place)
    node: Node = Opposite()
    mark = r.mark()
    if r.sign("("):
        said = condition(r)
        if said is not None and r.sign(")"):
            node = said
        else:
            r.reset(mark)
    result.rules.append(Rule(action, node, places))
    return True


def rule_reversed(r: Reader, result: Outline) -> bool | None:
    """`when …, buy`, `rsi < 30 -> long`."""
    start = r.place
    r.take("WHEN") or r.take("WITH")
    r.context.role = coming_action(r)
    node: Node | None = r.first(condition, opposite)
    if node is None:
        return None
    r.sign(",")
    if not r.take("THEN"):
        r.sign(":", "=", "-", "->")
    to_the_action(r)
    action = _action_of_an_order(r) or read_action(r) or invests(r)
    if action is None or r.peek("WHEN"):
        return None
    turned = _turned(r, action)
    _ask_about_the_past(r, node, start)
    result.rules += [Rule(one, node, (start, r.place)) for one in (action, turned) if one]
    waiting = len(result.orders)
    _amounts_after(r, result, action, start)
    _ask_about_exit(r, result, action, waiting, start)
    _give_side(result, action, waiting)
    _until(r, result, action)
    return True


def listed_rules(r: Reader, result: Outline) -> bool | None:
    """`Entry rules:` and a list below it: each line a condition, all of them for entries, any of them for exits."""
    start = r.place
    match = r.take("ACT")
    if match is None:
        return None
    r.sign("rule", "rules", "condition", "conditions", "criteria", "when", "if")
    r.sign("all", "any") and r.sign("of")
    if not r.sign(":") or r.word is None or r.word.kind != "end":
        return None
    r.context.role = match.value
    found: list[Node] = []
    while not r.done:
        mark = r.mark()
        while r.word is not None and (r.word.kind == "end" or r.at("-", ",")):
            r.go(r.place + 1)
        if r.at("and", "or", "only", "but"):
            r.ask(f"How does '{r.word.text if r.word else ''} …' go with the lines before it?", "list", r.place)
            r.go(r.place + 1)
        r.take("WHEN")
        node = None if r.peek("ACT") or r.peek("STOP") or r.peek("TARGET") else condition(r)
        if node is None or not (r.done or (r.word is not None and r.word.kind == "end")):
            r.reset(mark)
            break
        found.append(node)
    if not found:
        return None
    opening = match.value in ("buy", "short")
    if len(found) > 1:
        r.assume(f"{'all' if opening else 'any'} of the lines listed under '{r.span(start, start + 1)}' must hold")
    node = found[0] if len(found) == 1 else Joined("and" if opening else "or", tuple(found))
    result.rules.append(Rule(match.value, node, (start, r.place)))
    return True


def system(r: Reader, result: Outline) -> bool | None:
    """`EMA 20/50 cross`: long on one side of the cross, out on the other."""
    start = r.place
    while r.sign(
        "to", "use", "using", "trade", "apply", "follow", "run", "implement", "play", "take", "based", "on", "with"
    ):
        pass
    node = condition(r)
    sided = isinstance(node, SidesDiffer) or (isinstance(node, Cross) and "golden" in r.span(start).lower())
    if not sided or node is None:
        return None
    r.sign("strategy", "system")
    if result.system is not None:
        return None
    result.system = Rule("system", node, (start, r.place))
    cross = node.long if isinstance(node, SidesDiffer) else node
    if isinstance(cross, Cross):
        both = [value for value in (cross.left, cross.right) if isinstance(value, Indicator)]
        result.mentions += [(value, (start, r.place)) for value in both]
    return True


def reversal(r: Reader, result: Outline) -> bool | None:
    if not r.take("ACT", "reverse"):
        return None
    mark = r.mark()
    if not (
        r.sign("on", "at", "with", "when") and r.take("MIRROR") and r.sign("cross", "signal", "signals", "crossover")
    ):
        r.reset(mark)
    result.restrictions.add("reverse")
    return True


def protected(r: Reader, result: Outline) -> bool | None:
    """`Exit with a trailing stop of 10 %`: the stop is the rule."""
    act = r.take("ACT", *CLOSING)
    if act is None:
        return None
    linked = r.words[r.place - 1].text in ("on", "at")
    if not r.sign("with", "on", "at", "by", "via", "using", "when", "only", "if", ":", "is", "after") and not linked:
        return None
    r.sign("hit", "price", "hits")
    before = len(result.protections)
    if not protection(r, result):
        return None
    result.protections[before:] = [replace(one, closing=act.value) for one in result.protections[before:]]
    return True


def joined_parts(node: Node) -> tuple[Node, ...]:
    """Return the conditions that must hold together."""
    return node.parts if isinstance(node, Joined) and node.word == "and" else (node,)
