"""A threshold that was never reached: moved to where the bars have been, which changes what was said."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.edits import simple_changed
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.language.explain import number, operand
from backtest_engine.spec import Comparison, Condition, Cross, Number, StrategySpec
from backtest_engine.spec.evaluate import Reading

# A rule that holds on one of so many bars gives enough trades to look at.
ONE_OF = 25


def propose(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield the threshold at which the rule would have held now and then."""
    for place, reading in placed(situation, str(finding.figures["rule"])):
        asked = reading.condition
        if not isinstance(asked, Comparison | Cross) or not isinstance(asked.right, Number) or reading.held.any():
            continue
        yield from moved(finding, situation, reading, place)


def placed(situation: Situation, rule: str) -> list[tuple[int, Reading]]:
    """Return the simple conditions of a rule, each with its place."""
    return list(enumerate(reading for reading in situation.readings if reading.rule == rule))


def moved(
    finding: Finding, situation: Situation, reading: Reading, place: int, *, one_of: int = ONE_OF
) -> Iterator[Proposal]:
    """Yield the condition with its number at the level that one of so many bars has reached."""
    asked = reading.condition
    if not isinstance(asked, Comparison | Cross) or not isinstance(asked.right, Number) or reading.left is None:
        return
    known = reading.left[situation.first :]
    known = known[np.isfinite(known)]
    below = asked.direction == "below" if isinstance(asked, Cross) else asked.relation.startswith("<")
    level = _rounded(float(np.quantile(known, 1 / one_of if below else 1 - 1 / one_of)), below)
    if level == asked.right.value:
        return
    spec = _with_number(situation.rules, reading.rule, place, level)
    if spec is None:
        return
    held = int((known < level).sum() if below else (known > level).sum())
    extreme = float(known.min() if below else known.max())
    named, word = operand(asked.left), "below" if below else "above"
    holds = int((known < asked.right.value).sum() if below else (known > asked.right.value).sum())
    was = f"never went {word}" if not holds else f"was on {holds} bars {word}"
    yield Proposal(
        kind="parameters",
        finding=finding.code,
        reason=f"{named} {was} {number(asked.right.value)}; its {'lowest' if below else 'highest'} was "
        f"{extreme:.4g}. At {number(level)} the rule "
        f"would have held on {held} of {len(known):,} bars.",
        expected=f"The rule {reading.rule.replace('.', ' ')} holds on {held} bars instead of {holds}.",
        spec=spec,
        words=f"{named} {word} {number(level)} instead of {number(asked.right.value)}",
        changes_meaning=True,
    )


def _with_number(spec: StrategySpec, rule: str, place: int, level: float) -> StrategySpec | None:
    def change(condition: Condition) -> Condition | None:
        return condition.model_copy(update={"right": Number(value=level)})

    return simple_changed(spec, rule, place, change)


def _rounded(level: float, below: bool) -> float:
    """Return the level with two digits that count, rounded so that the rule holds no less often."""
    if level == 0:
        return 0.0
    digits = 1 - int(np.floor(np.log10(abs(level))))
    step = 10.0**-digits
    return round(float((np.ceil if below else np.floor)(level / step) * step), max(digits, 0))
