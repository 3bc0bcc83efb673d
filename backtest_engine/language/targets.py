"""Reading what a value is compared with: another, a list of them, or the one spoken of before."""

from backtest_engine.language.explain import operand as written
from backtest_engine.language.indicators import AVERAGES, Call, complete
from backtest_engine.language.prices import bars_back
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import is_cloud
from backtest_engine.language.tables import WEAK
from backtest_engine.language.values import operand
from backtest_engine.spec import (
    Indicator,
    Number,
    Operand,
    Price,
)


def targets(r: Reader) -> tuple[Operand, ...] | None:
    """Read what is compared with: one value or a list, as in `both the 5 and the 12 EMA`."""
    with r.comparing():
        return _targets(r)


def compared(r: Reader) -> Operand | None:
    """Read one value that something is held against."""
    with r.comparing():
        return operand(r)


def _targets(r: Reader) -> tuple[Operand, ...] | None:
    many: tuple[Operand, ...] | None = r.first(_all_of_a_kind, listing)
    if many is not None:
        return many
    if (earlier := _as_it_was(r)) is not None:
        return (earlier,)
    if (meant := _it(r)) is not None:
        return cloud_of(meant)
    here = r.mark()
    value = operand(r)
    if value is None:
        r.reset(here)
    if value is None and r.context.object is not None and not isinstance(r.context.object, Number) and ends_here(r):
        _ask_which_line(r)
        return cloud_of(r.context.object)
    if value is None and isinstance(r.context.object, Number) and (crossed := _crossed_last(r)) and ends_here(r):
        return crossed
    return None if value is None else (value,)


def _crossed_last(r: Reader) -> tuple[Operand, ...] | None:
    """Return the line of the last cross: `crosses above the 50 EMA and RSI > 50, exit when it crosses below`."""
    if not any(match.kind == "CROSS" for at in range(max(0, r.place - 3), r.place) for match in r.found[at]):
        return None
    for _, relation, right in reversed(r.context.comparisons):
        if relation in ("above", "below") and not isinstance(right, Number):
            return (right,)
    return None


def cloud_of(value: Operand) -> tuple[Operand, ...]:
    """Return both lines of the cloud for either of them, and any other value as it is."""
    if isinstance(value, Indicator) and is_cloud(value):
        return tuple(value.model_copy(update={"output": line}) for line in ("senkou_a", "senkou_b"))
    return (value,)


def _ask_which_line(r: Reader) -> None:
    """`above the SMA(20) and above the SMA(50), sell when below`: below which of them?"""
    subject = r.context.subject
    lines = [right for left, _, right in r.context.comparisons if left == subject and not isinstance(right, Number)]
    distinct = {str(cloud_of(line)) for line in lines}
    if len(distinct) > 1 and len(r.context.comparisons) > 1 and r.context.comparisons[-2][0] == subject:
        r.ask(f"Which line is meant: {' or '.join(dict.fromkeys(map(written, lines)))}?", "which line", r.place - 1)


def _as_it_was(r: Reader) -> Operand | None:
    """`than it was 20 bars ago`: the same value, earlier."""
    mark = r.mark()
    subject = r.context.subject
    if not isinstance(subject, Price | Indicator):
        return None
    said = r.sign("its") or r.take("IT") is not None
    r.sign("was", "value", "level") if said else None
    back = bars_back(r) if said or r.peek("YESTERDAY") or (r.word is not None and r.word.number is not None) else None
    if back and (said or (ends_here(r) and not r.peek("PRICE"))):
        # `higher than 5 bars ago` and `than it was 5 bars ago` are the same.
        return subject.model_copy(update={"shift": subject.shift + back})
    r.reset(mark)
    return None


def _it(r: Reader) -> Operand | None:
    """Read `it` as what was compared with last, or else the indicator named last."""
    named = [r.context.object, *reversed(r.context.indicators)]
    candidates = [v for v in named if v is not None and not isinstance(v, Number) and v != r.context.subject]
    if not candidates and isinstance(r.context.object, Number) and r.take("IT"):
        return r.context.object
    if not candidates or not r.take("IT"):
        return None
    if any(other != candidates[0] for other in candidates):
        r.assume(f"'it' is {written(candidates[0])}")
    return candidates[0]


def ends_here(r: Reader) -> bool:
    """Whether nothing that could be a value follows, so that the last one is meant again."""
    if r.peek("IND"):
        return False
    r.take("IT")
    at = r.place
    while (
        at < len(r.words)
        and r.words[at].text in WEAK
        and not any(m.kind in ("ACT", "SIDE", "AND") for m in r.found[at])
    ):
        at += 1
    if at < len(r.words) and any(match.kind in ("ACT", "SIDE") for match in r.found[at]):
        return True
    return r.word is None or bool(
        r.word.kind == "end"
        or r.at(",", ")", "and", "or", "then", ":", "=", "->")
        or r.peek("ACT")
        or r.peek("AND")
        or r.peek("OR")
    )


def _all_of_a_kind(r: Reader) -> tuple[Operand, ...] | None:
    """`both EMAs`, `the cloud`."""
    if (lines := cloud(r)) is not None:
        return lines
    if not r.take("BOTH"):
        return None
    match = r.take("IND")
    if match is None:
        return _last_two(r)
    found = [
        value
        for value in r.context.indicators
        if value.name == match.value[0] or (match.value[0] == "sma" and value.name in AVERAGES)
    ]
    return tuple(found) if len(found) > 1 else None


def cloud(r: Reader) -> tuple[Operand, ...] | None:
    """Read `the cloud`: both of its lines."""
    if not r.take("IND", ("ichimoku", "cloud")):
        return None
    line = complete(r, Call(name="ichimoku", output="senkou_a"), r.place - 1)
    r.take("AS_DRAWN")
    return None if line is None else (line, line.model_copy(update={"output": "senkou_b"}))


def _last_two(r: Reader) -> tuple[Operand, ...] | None:
    """`the EMA 20 above the EMA 50 and the close above both`: the two that were compared last."""
    if not r.context.comparisons or not ends_here(r):
        return None
    left, _, right = r.context.comparisons[-1]
    if not (isinstance(left, Indicator) and isinstance(right, Indicator)) or r.context.subject in (left, right):
        return None
    return left, right


def listing(r: Reader) -> tuple[Operand, ...] | None:
    """`the 10, 20, 50 and 100 day averages`, `both the 5 and the 12 EMA`, `EMA 5 and EMA 12`."""
    start = r.place
    both = r.take("BOTH") is not None
    numbers: list[float] = []
    while (number := r.number()) is not None:
        numbers.append(number)
        r.take("UNIT", "bar", "day")
        if not (r.sign(",", "/", "and", "&") and (r.sign("and") or True)):
            break
    match = r.take("IND") if len(numbers) > 1 else None
    if match is not None and match.value[0] in AVERAGES:
        made = [complete(r, Call(name=match.value[0], numbers=[number]), start) for number in numbers]
        if any(value is None for value in made):
            return None
        r.context.indicators += [value for value in made if value is not None]
        return tuple(value for value in made if value is not None)
    if not both:
        return None
    r.place = start
    r.take("BOTH")
    left = operand(r)
    right = operand(r) if left is not None and r.take("AND") else None
    return None if left is None or right is None else (left, right)
