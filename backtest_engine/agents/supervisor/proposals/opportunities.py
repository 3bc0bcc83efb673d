"""Where entries are too rare: what stands in their way is read from the bars before anything is proposed."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.edits import changed, simple_changed
from backtest_engine.agents.supervisor.proposals import thresholds
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.language.explain import condition
from backtest_engine.spec import All, FractionSize
from backtest_engine.spec.evaluate import holds


def none(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield a size that can be bought, where orders came to nothing; else what makes the entries possible."""
    if situation.result.orders.unpaid and situation.rules.sizing != FractionSize(fraction=1.0):
        spec = changed(situation.rules, sizing=FractionSize(fraction=1.0))
        if spec is not None:
            yield Proposal(
                kind="sizing",
                finding=finding.code,
                reason=situation.result.orders.unpaid[0].message,
                expected="The orders can be paid.",
                spec=spec,
                words="size: all of the equity",
            )
    yield from _blockers(finding, situation)
    yield from _rarest(finding, situation, one_of=thresholds.ONE_OF)


def few(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield thresholds that are reached more often."""
    yield from _rarest(finding, situation, one_of=thresholds.ONE_OF // 2)
    yield from _blockers(finding, situation)


def _rarest(finding: Finding, situation: Situation, *, one_of: int) -> Iterator[Proposal]:
    """Yield the entry's rarest comparison with a number, moved."""
    for name in situation.sides:
        rows = thresholds.placed(situation, f"{name}.entry")
        with_numbers = [
            (int(reading.held.sum()), place, reading) for place, reading in rows if reading.left is not None
        ]
        for held, place, reading in sorted(with_numbers, key=lambda row: row[0])[:1]:
            if held < len(situation.bars) / one_of:
                yield from thresholds.moved(finding, situation, reading, place, one_of=one_of)


def _blockers(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield the entry without the one condition that keeps the others from holding together."""
    for name, side in situation.sides.items():
        if not isinstance(side.entry, All):
            continue
        found = []
        for place, reading in thresholds.placed(situation, f"{name}.entry"):
            spec = simple_changed(situation.rules, f"{name}.entry", place, lambda _: None)
            if spec is None:
                continue
            try:
                count = int(holds(spec.sides[name].entry, situation.bars).sum())
            except ValueError:
                continue
            found.append((count, place, reading, spec))
        for count, _, reading, spec in sorted(found, key=lambda row: -row[0])[:1]:
            now = int(holds(side.entry, situation.bars).sum())
            if count <= 2 * now:
                continue
            yield Proposal(
                kind="filters",
                finding=finding.code,
                reason=f"All conditions of the {name} entry held together on {now} bars; without "
                f"'{condition(reading.condition)}', which held on "
                f"{int(reading.held.sum())}, the rest hold on {count}.",
                expected=f"The {name} entry holds on {count} bars instead of {now}.",
                spec=spec,
                words=f"{name} entry without '{condition(reading.condition)}'",
                changes_meaning=True,
            )
