"""A condition that never held: its threshold is outside of what the bars have shown."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.language.explain import condition, operand
from backtest_engine.spec import Comparison, Cross, Number
from backtest_engine.spec.evaluate import Reading


def dead(situation: Situation) -> list[Reading]:
    """Return the comparisons with a number that held on no bar."""
    return [
        reading
        for reading in situation.readings
        if isinstance(reading.condition, Comparison | Cross)
        and isinstance(reading.condition.right, Number)
        and not reading.held[situation.first :].any()
    ]


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `dead_threshold` for each."""
    for reading in dead(situation):
        asked = reading.condition
        if not (isinstance(asked, Comparison | Cross) and isinstance(asked.right, Number)) or reading.left is None:
            continue
        known = reading.left[situation.first :]
        known = known[np.isfinite(known)]
        if not len(known):
            continue
        low, high = float(known.min()), float(known.max())
        named = operand(asked.left)
        yield Finding(
            code="dead_threshold",
            severity="high" if reading.rule.endswith("entry") else "medium",
            sentence=f"'{condition(asked)}' ({reading.rule.replace('.', ' ')}) never held: {named} was between "
            f"{low:,.4g} and {high:,.4g}.",
            figures={"rule": reading.rule, "lowest": low, "highest": high, "threshold": asked.right.value},
            strength=90.0,
            could=("parameters", "exits") if reading.rule.endswith("exit") else ("parameters", "filters"),
        )
