"""Imports."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.imports import (
    local_module_import,
    missing_import,
    package_not_available,
    wrong_module_import,
)

RULES: tuple[Rule, ...] = (
    local_module_import.RULE,
    missing_import.RULE,
    package_not_available.RULE,
    wrong_module_import.RULE,
)
