"""Imports."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.imports import (
    local_module_import,
    missing_import,
    package_not_available,
    stand_in_library,
    wrong_module_import,
)

RULES: tuple[Rule, ...] = (
    local_module_import.RULE,
    missing_import.RULE,
    package_not_available.RULE,
    wrong_module_import.RULE,
    stand_in_library.RULE,
)
