"""Reading what is done, and what may be said beside it: how much, when it is filled, and the like."""

from backtest_engine.language.nodes import Node, Opposite
from backtest_engine.language.outline import Outline
from backtest_engine.language.reader import Reader
from backtest_engine.language.sizes import size, waiting_order
from backtest_engine.language.tables import SMALL_TALK, WEAK


def read_action(r: Reader) -> str | None:
    whole = r.peek("RESTRICT")
    match = r.peek("ACT")
    if whole is not None and (match is None or whole.end > match.end):
        return None
    if match is not None and match.end == r.place + 1 and r.at(*MAY_BE_A_PRICE) and _says_of_price(r, match.end):
        return None
    if match is not None and r.at("closes", "closed") and r.words[match.end - 1].text == "up":
        return None  # `if Friday closed up`
    match = r.take("ACT")
    if match is not None:
        return str(match.value)
    side = r.take("SIDE")
    if side is None:
        return None
    return "buy" if side.value == "long" else "short"


MAY_BE_A_PRICE = ("close", "closes", "closing", "closed")


def _says_of_price(r: Reader, place: int) -> bool:
    """Whether `close` is a price here: it is an action only where a condition or the end of the sentence follows."""
    if place > 1 and r.words[place - 2].text in ("that", "which"):
        return True  # `an outside bar that closes in the top half of its range`
    if r.words[place - 1].text == "closing" and place < len(r.words):
        # `a day closing at a 20-day high` says where it closes, `closing when …` and `closing: …` what is done.
        when = any(match.kind == "WHEN" for match in r.found[place])
        return not (when or r.words[place].text == ":" or r.words[place].kind == "end")
    if place >= len(r.words) or r.words[place].kind == "end":
        return False
    if any(match.kind in ("WHEN", "STOP", "TARGET", "TRAIL", "NEXT_OPEN") for match in r.found[place]):
        return False
    return r.words[place].text not in (":", "=", "->", "-", "at", "on", "after", "by", "with", ",", "in")


def modifiers(r: Reader, result: Outline) -> None:
    """Read what may stand between an action and its condition: amounts and the time of the fill."""
    while True:
        start = r.place
        amount = size(r)
        if amount is not None:
            result.sizes.append((amount, (start, r.place)))
            continue
        r.place = start
        if r.take("NEXT_OPEN"):
            continue
        waiting = waiting_order(r)
        if waiting is not None:
            result.orders.append((None, waiting, (start, r.place)))
            continue
        r.place = start
        if r.sign("in", "into") and (r.take("IT") or r.take("PRICE", "close") or r.peek("WHEN")):
            continue
        r.place = start
        if r.place and r.peek("MARKET") and not any(m.kind == "WHEN" for m in r.found[r.place - 1]):
            r.take("MARKET")
            r.assume(f"'{r.span(start)}': the market is chosen when the strategy is run")
            continue
        if not _is_said_of_the_close(r) and r.take("AT_CLOSE"):
            r.assume("orders are decided at the close and filled at the next open")
            continue
        if r.sign("only", "position", "shares", "stock", "again"):
            continue
        r.place = start
        return


def _is_said_of_the_close(r: Reader) -> bool:
    """Whether `on a close` goes on with what is said of that close, as in `on a close below the SMA`."""
    match = r.peek("AT_CLOSE")
    if match is None or match.end >= len(r.words) or r.words[match.end - 1].text not in ("close", "closing"):
        return False
    return any(following.kind in ("RELATION", "BACK", "NEW") for following in r.found[match.end])


def modifiers_after(r: Reader, result: Outline) -> None:
    mark = r.mark()
    r.sign(",")
    before = r.place
    modifiers(r, result)
    if r.place == before:
        r.reset(mark)


def opposite(r: Reader) -> Node | None:
    r.sign("in", "for", "on")
    if match := r.take("MIRROR"):
        if r.sign("cross", "crossover", "crossing") or r.words[match.end - 1].text.startswith("cross"):
            return Opposite("cross")
        r.sign("case", "signal", "signals", "conditions", "situation", "happens")
        return Opposite()
    return None


def to_the_action(r: Reader) -> None:
    """Skip words between a condition and its action, as in `…, I'd want to be out`."""
    place = r.place
    while place < len(r.words) and not any(match.kind in ("ACT", "SIDE") for match in r.found[place]):
        if r.words[place].text not in SMALL_TALK and r.words[place].text not in WEAK:
            return
        place += 1
    r.place = place


def invests(r: Reader) -> str | None:
    """Read `put 20 % of the equity to work` as buying; the amount is read after it."""
    mark = r.mark()
    if r.take("SIZE") and size(r) is not None:
        r.reset(mark)
        r.take("SIZE")
        return "buy"
    r.reset(mark)
    return None


PUTTING = ("put", "invest", "commit", "allocate", "deploy", "stake")


def puts_in(r: Reader) -> str | None:
    """Read `put a third of the cash into it when …` as buying."""
    if not r.at(*PUTTING):
        return None
    return invests(r)


def coming_action(r: Reader) -> str:
    for place in range(r.place, len(r.words)):
        if r.words[place].kind == "end":
            break
        for match in r.found[place]:
            # A bare `close` may be the price.
            if match.kind == "ACT" and not (match.end == place + 1 and r.words[place].text in MAY_BE_A_PRICE):
                return str(match.value)
    return ""
