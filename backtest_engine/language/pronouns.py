"""What `it` stands for, when several values were spoken of."""

from collections.abc import Sequence

from backtest_engine.language.indicators import AVERAGES, is_average
from backtest_engine.spec import Indicator, Number, Operand, Price
from backtest_engine.spec.rules import scale_of

Said = tuple[Operand, str, Operand]


def spoken_of(
    subject: Operand, before: Sequence[Said], now: Sequence[Said], *, named: bool, joint: str
) -> Operand | None:
    """Return the value that is meant, judged by what it is held against; None where two could be.

    `buy when RSI is below 30 and the close above the SMA(200), sell when it is above 70` speaks of the RSI: a number
    goes with what had one before, a line with what was held against that line. A line that was not spoken of before
    is one of prices, where nothing is `named`, not even as `it`: `sell below the SMA(50)`. A condition that is joined
    to another by a `joint` goes on with its subject, as far as the two can be compared.
    """
    known = _distinct([left for left, _, _ in before])
    if not now or not known:
        return subject
    relation, right = now[0][1:]
    if not named and not joint and _drawn_from(right, subject):
        return Price()
    if _is_change(subject, right) or _is_of(subject, right):
        return subject
    line = _without_source(right)
    if joint and joint != "only":
        return subject if isinstance(right, Number) or _comparable(subject, right) else Price()
    if isinstance(right, Number):
        fitting = _distinct([left for left, _, other in before if isinstance(other, Number)]) or known
    else:
        fitting = _distinct([left for left, _, other in before if _here(other) == _here(line)])
        fitting = fitting or _distinct([left for left, _, other in before if _here(other) == _here(right)])
        crossed = named and relation in ("above", "below") and isinstance(line, Indicator) and line.name in AVERAGES
        if not fitting and scale_of(line) == "price" and not (crossed and is_average(subject)):
            return Price()
        if not fitting:
            fitting = [left for left in known if scale_of(left) == scale_of(line)]
        fitting = fitting or [Price()]
    return fitting[0] if len(fitting) == 1 else subject if len(known) == 1 else None


def _drawn_from(line: Operand, subject: Operand) -> bool:
    """Whether a line is one of volume only because volume was spoken of last: `…, exit below the 20 SMA`."""
    volume = Price(field="volume")
    return subject == volume and isinstance(line, Indicator) and line.source == volume


def _comparable(left: Operand, right: Operand) -> bool:
    scales = scale_of(left), scale_of(right)
    return None in scales or scales[0] == scales[1] or set(scales) == {"price", "difference"}


def _is_of(subject: Operand, right: Operand) -> bool:
    """Whether the right side is worked out from the subject because the words said so, as in `its average`."""
    return isinstance(right, Indicator) and right.source == _here(subject) and right.name not in AVERAGES


def _without_source(value: Operand) -> Operand:
    """An average that was given the subject's source only because it stands beside it."""
    return (
        value.model_copy(update={"source": None}) if isinstance(value, Indicator) and value.name in AVERAGES else value
    )


def _distinct(values: Sequence[Operand]) -> list[Operand]:
    found: list[Operand] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _is_change(subject: Operand, right: Operand) -> bool:
    """Whether a value is held against itself, earlier."""
    return isinstance(right, Price | Indicator) and _here(right) == _here(subject)


def _here(value: Operand) -> Operand:
    return value.model_copy(update={"shift": 0}) if isinstance(value, Price | Indicator) else value
