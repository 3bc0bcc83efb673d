"""Every rule, family by family: one file in the folder of its family, and one line in that folder's `__init__`."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules import (
    api,
    imports,
    indicators,
    libraries,
    look_ahead,
    meaning,
    orders,
    resources,
    runtime,
    safety,
    state,
    structure,
    syntax,
)

#: In the order of the families: what cannot be read, what cannot run, what runs and is wrong.
RULES: tuple[Rule, ...] = (
    *syntax.RULES,
    *imports.RULES,
    *api.RULES,
    *structure.RULES,
    *indicators.RULES,
    *runtime.RULES,
    *orders.RULES,
    *libraries.RULES,
    *look_ahead.RULES,
    *resources.RULES,
    *safety.RULES,
    *state.RULES,
    *meaning.RULES,
)
