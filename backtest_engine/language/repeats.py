"""Reading how often and how long ago something was so: `for 3 bars`, `within the last 5`, `2 bars ago`, and `not`."""

from backtest_engine.language.nodes import Node, Wrapped
from backtest_engine.language.prices import BEFORE_THIS
from backtest_engine.language.reader import Reader
from backtest_engine.spec import Always, Comparison


def denied(r: Reader, node: Node, start: int) -> Node:
    """Deny a condition: `no red candle for 3 days` was so on none of them, `not three in a row` denies the row."""
    if r.words[start].text == "(" or not isinstance(node, Wrapped):
        return Wrapped("not", node)
    if node.kind == "ago" and isinstance(node.inner, Wrapped) and node.inner.kind == "streak":
        return Wrapped("ago", denied(r, node.inner, start), node.bars)
    row = any(match.kind == "ROW" for place in range(start, r.place) for match in r.found[place])
    counted = r.words[start].number is not None or any(match.kind == "NUMBER" for match in r.found[start])
    if node.kind == "streak" and not row and not counted:
        return Wrapped("streak", Wrapped("not", node.inner), node.bars)
    return Wrapped("not", node)


def repeated(r: Reader, node: Node, *, bracketed: bool) -> Node:
    """Read `for 3 bars in a row`, `in the last 5 bars` or `2 bars ago` after a condition."""
    r.sign("again")
    for read in (_streak, _within, _ago):
        mark = r.mark()
        wrapped = _whole(r, node) if bracketed and read is _streak else read(r, node)
        if wrapped is not None:
            return wrapped
        r.reset(mark)
    return node


def _whole(r: Reader, node: Node) -> Node | None:
    """Read how long what stands in brackets has been so: a `not` in them stays in them."""
    row = _streak(r, Always())
    if isinstance(row, Wrapped) and row.kind == "ago" and isinstance(row.inner, Wrapped):
        return Wrapped("ago", Wrapped("streak", node, row.inner.bars), row.bars)
    return Wrapped("streak", node, row.bars) if isinstance(row, Wrapped) else None


def _streak(r: Reader, node: Node) -> Node | None:
    linked = r.sign("for") or r.sign("on", "over")
    r.sign("at") and r.sign("least")
    before = r.skip("PREVIOUS") and r.words[r.place - 1].text in BEFORE_THIS
    row = r.take("ROW")
    number = r.whole()
    row = r.take("ROW") or row
    unit = r.take("UNIT", "bar", "day")
    closes = unit or r.take("PRICE", "close")
    row = r.take("ROW") or row
    if number is None or closes is None or not (row or (linked and unit)):
        return None
    if number < 2:
        return None
    if row and isinstance(node, Wrapped) and node.kind == "not":
        # `has not risen 3 days in a row` denies the row, `has not been above for 3 days` is so on each of them.
        return Wrapped("not", Wrapped("streak", node.inner, number))
    streak = Wrapped("streak", node, number)
    return Wrapped("ago", streak, 1) if before else streak


def _within(r: Reader, node: Node) -> Node | None:
    r.sign("at") and r.sign("least") and r.number() and r.sign("time", "times")
    r.sign("sometime")
    r.sign("any", "some") and r.sign("time", "point")
    if not (r.sign("in", "within", "during", "over", "at", "any")):
        return None
    r.sign("some") and r.sign("point")
    r.sign("in", "during", "within")
    said = r.skip("PREVIOUS")
    before = said and r.words[r.place - 1].text in BEFORE_THIS
    number = r.whole()
    if number is None or not r.take("UNIT", "bar", "day") or not said:
        return None
    if isinstance(node, Wrapped) and node.kind == "streak":
        r.ask(
            f"{node.bars} in a row within {number} bars, or any {node.bars} of them? Say '{node.bars} in a row'.",
            "bars in a row",
            r.place - 1,
        )
    # What has not been within so many bars, was on none of them.
    inner = _affirmed(r, node)
    none = inner is not None
    looked: Node = Wrapped("within", node if inner is None else inner, number)
    looked = Wrapped("ago", looked, 1) if before else looked
    return Wrapped("not", looked) if none else looked


DENIALS = ("not", "never", "isn't", "wasn't", "hasn't", "doesn't", "n't", "no")


def _affirmed(r: Reader, node: Node) -> Node | None:
    """Return what a condition denies; None when it denies nothing."""
    if isinstance(node, Wrapped) and node.kind == "not":
        return node.inner
    if isinstance(node, Wrapped) and node.kind == "streak":
        inner = _affirmed(r, node.inner)
        return None if inner is None else Wrapped("streak", inner, node.bars)
    said = [word.text for word in r.words[max(0, r.place - 12) : r.place]]
    if isinstance(node, Comparison) and node.relation in ("<=", ">=") and any(word in said for word in DENIALS):
        # `was not above 70` is read as `at most 70`.
        return node.model_copy(update={"relation": {"<=": ">", ">=": "<"}[node.relation]})
    return None


def _ago(r: Reader, node: Node) -> Node | None:
    if r.take("YESTERDAY"):
        return Wrapped("ago", node, 1)
    number = r.whole()
    if number is None or not r.take("UNIT", "bar", "day") or not r.take("AGO"):
        return None
    return Wrapped("ago", node, number)
