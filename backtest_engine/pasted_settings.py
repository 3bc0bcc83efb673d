"""Settings of a run that pasted code states in a `Backtest(...)` call of its own."""

import ast
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from backtest_engine.checks.parameters import check_broker, parse_leniently
from backtest_engine.domain import BrokerSettings, Notice
from backtest_engine.errors import InvalidParameter

_NAMES = ("cash", "commission", "spread", "margin", "trade_on_close", "hedging", "exclusive_orders")
# backtesting.py's own order of arguments after the data and the strategy; cash alone is ever given by place.
_CASH = 2


def with_pasted_settings(code: str, broker: BrokerSettings) -> tuple[BrokerSettings, tuple[Notice, ...]]:
    """Return the settings with those of the code in place of defaults, and what was taken over or left out.

    A setting of the run that is not the default stands. The codes are `settings_taken_over` and `settings_left_out`.
    """
    stated = _stated(code)
    defaults = {setting.name: setting.default for setting in fields(BrokerSettings)}
    taken = {
        name: value
        for name, value in stated.items()
        if getattr(broker, name) == defaults[name] and value != defaults[name] and _possible(name, value)
    }
    left = {name: value for name, value in stated.items() if name not in taken and value != getattr(broker, name)}
    notices = []
    for code_, these, words in (
        ("settings_taken_over", taken, "The code's own settings hold for this run"),
        ("settings_left_out", left, "These settings of the code do not hold for this run, which has its own"),
    ):
        if these:
            shown = ", ".join(f"{name}={value!r}" for name, value in these.items())
            notices.append(Notice(code=code_, message=f"{words}: {shown}.", details={"settings": these}))
    return replace(broker, **taken), tuple(notices)


def _stated(code: str) -> Mapping[str, Any]:
    """Return the settings of the last `Backtest(...)` call whose values are written out."""
    stated: dict[str, Any] = {}
    tree = parse_leniently(code)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and _called(node.func) == "Backtest":
            given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in _NAMES}
            if len(node.args) > _CASH:
                given["cash"] = node.args[_CASH]
            stated |= {str(name): value for name, part in given.items() if (value := _plain(part)) is not None}
    return stated


def _called(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _plain(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, int | float) else None


def _possible(name: str, value: Any) -> bool:
    if isinstance(value, bool) != isinstance(getattr(BrokerSettings(), name), bool):
        return False
    try:
        check_broker(replace(BrokerSettings(), **{name: value}))
    except InvalidParameter:
        return False
    return True
