"""The tools, in the order in which agents see them. Adding one is one file and its name here.

None deletes, places an order, resets a halt or opens a seal; a test holds them to that, and to their size.
"""

from importlib import import_module

from strategy_api.mcp.tools.base import Tool

NAMES = (
    "list_strategies",
    "read_strategy",
    "generate_strategy",
    "refine_strategy",
    "run_backtest",
    "read_run",
    "explain_result",
    "compare_runs",
    "optimize",
    "walk_forward",
    "read_ledger",
    "scan_market",
    "list_indicators",
)


def all_tools() -> list[Tool]:
    """Return every tool."""
    return [import_module(f"{__name__}.{name}").TOOL for name in NAMES]
