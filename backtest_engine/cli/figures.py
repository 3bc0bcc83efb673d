"""How figures, settings and times are written for people."""

from datetime import datetime
from typing import Any

# Metrics in the order in which they are read: the key, what it is called, how it is written.
FIGURES = (
    ("return_pct", "Return", "{:+,.2f} %"),
    ("buy_hold_return_pct", "Buy & hold return", "{:+,.2f} %"),
    ("return_ann_pct", "Return a year", "{:+,.2f} %"),
    ("equity_final", "Final equity", "{:,.2f}"),
    ("commissions", "Commissions", "{:,.2f}"),
    ("trades", "Trades", "{:,}"),
    ("win_rate_pct", "Win rate", "{:.1f} %"),
    ("avg_trade_pct", "Average trade", "{:+.2f} %"),
    ("best_trade_pct", "Best trade", "{:+.2f} %"),
    ("worst_trade_pct", "Worst trade", "{:+.2f} %"),
    ("profit_factor", "Profit factor", "{:.2f}"),
    ("max_drawdown_pct", "Max. drawdown", "{:.2f} %"),
    ("volatility_ann_pct", "Volatility a year", "{:.2f} %"),
    ("sharpe_ratio", "Sharpe ratio", "{:.2f}"),
    ("sortino_ratio", "Sortino ratio", "{:.2f}"),
    ("calmar_ratio", "Calmar ratio", "{:.2f}"),
    ("exposure_time_pct", "Exposure time", "{:.1f} %"),
)
_UNITS = {"auto": "parts of a unit where the market trades them", True: "parts of a unit", False: "whole units only"}
_SWITCHES = {
    "trade_on_close": "market orders fill at the close",
    "exclusive_orders": "each order cancels and closes what was before",
    "hedging": "long and short at the same time",
}


def shown_setting(name: str, value: Any) -> str:
    """Return a setting in words."""
    if name in _SWITCHES and isinstance(value, bool):
        return _SWITCHES[name] if value else f"not: {_SWITCHES[name]}"
    if name == "fractional":
        return _UNITS.get(value, str(value))
    if name in ("commission", "spread") and isinstance(value, int | float):
        return f"{name} {value:.4g}" if value >= 1 else f"{name} {value * 100:.4g} %"
    if name == "margin":
        return "no leverage" if value == 1 else f"leverage {1 / value:.4g}"
    if name == "fills":
        return f"{value} fills"
    if name == "cash" and isinstance(value, int | float):
        return f"cash {value:,.10g}"
    return str(value)


def shown_settings(settings: dict[str, Any]) -> str:
    """Return the settings of a run in one line; switches that are off are left out."""
    return "; ".join(shown_setting(name, value) for name, value in settings.items() if value is not False)


def shown_span(start: Any, end: Any) -> str:
    """Return two times as a span of days."""
    return f"{_text(start)[:10]} to {_text(end)[:10]}"


def shown_time(moment: Any) -> str:
    """Return a time without what every time of a daily market has in common."""
    if moment is None:
        return "–"
    return (
        _text(moment)
        .removesuffix("Z")
        .removesuffix("+00:00")
        .removesuffix(":00")
        .removesuffix("T00:00")
        .replace("T", " ")
    )


def shown_amount(value: float) -> str:
    """Return a price with as many digits as tell something."""
    return f"{value:,.2f}" if abs(value) >= 100 else f"{value:,.6g}"


def _text(moment: Any) -> str:
    return moment.isoformat() if isinstance(moment, datetime) else str(moment)
