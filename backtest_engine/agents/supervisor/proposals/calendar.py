"""No entries on the weekday, in the month, at the hour that loses."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from backtest_engine.agents.supervisor.edits import with_filter
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Ints, Situation
from backtest_engine.spec import MONTHS, WEEKDAYS, All, Condition, InMonth, Not, OnWeekday, TimeOfDay


def weekday(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield no signals on the days whose orders are filled on the losing one."""
    parts = situation.index.dayofweek.to_numpy()
    bad = WEEKDAYS.index(finding.figures["weekday"])
    yield from _without(
        finding,
        situation,
        parts,
        bad,
        lambda numbers: OnWeekday(days=tuple(WEEKDAYS[number] for number in numbers)),
        WEEKDAYS,
    )


def month(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield no signals in the losing month."""
    parts = situation.index.month.to_numpy() - 1
    bad = MONTHS.index(finding.figures["month"])
    yield from _without(
        finding, situation, parts, bad, lambda numbers: InMonth(months=tuple(number + 1 for number in numbers)), MONTHS
    )


def hour(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield no signals in the hours whose orders are filled in the losing one."""
    names = tuple(f"{number:02d}:00" for number in range(24))
    parts = situation.index.hour.to_numpy()
    bad = names.index(finding.figures["hour"])
    yield from _without(
        finding,
        situation,
        parts,
        bad,
        lambda numbers: TimeOfDay(start=names[numbers[0]], end=f"{numbers[-1]:02d}:59"),
        names,
    )


def _without(
    finding: Finding,
    situation: Situation,
    parts: Ints,
    bad: int,
    condition: Callable[[Sequence[int]], Condition],
    names: Sequence[str],
) -> Iterator[Proposal]:
    """Rules look at the bar before the fill: what is left out are the signals of which most are filled in the bad "
    "part."""
    filled, signalled = parts[situation.entry], parts[situation.signal]
    numbers = [
        int(part) for part in sorted(set(signalled.tolist())) if float(np.mean(filled[signalled == part] == bad)) > 0.5
    ]
    if not numbers:
        return
    one_run = all(after - before == 1 for before, after in pairwise(numbers))
    ranges = [numbers] if one_run else [[number] for number in numbers]
    refused: list[Condition] = (
        [Not(condition=condition(numbers))] if one_run else [Not(condition=condition(part)) for part in ranges]
    )
    spec = with_filter(situation.rules, refused[0] if len(refused) == 1 else All(conditions=tuple(refused)))
    if spec is None:
        return
    listed = ", ".join(names[number].capitalize() for number in numbers)
    yield Proposal(
        kind="filters",
        finding=finding.code,
        reason=f"{finding.sentence} Their signals come with the bars of {listed}.",
        expected=f"The other trades made {finding.figures['others_pct']:g} % each.",
        spec=spec,
        words=f"no entries after a signal of {listed}",
    )
