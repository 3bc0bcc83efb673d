"""An execution as one self-contained interactive page: equity, drawdown, prices and trades on one time axis."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from bokeh.embed import components
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, CrosshairTool, HoverTool, NumeralTickFormatter
from bokeh.models.annotations import Span
from bokeh.plotting import figure
from bokeh.resources import Resources

# More points than a screen has pixels only make the page slow.
MOST_POINTS = 5_000
GAIN, LOSS, LINE, PRICE = "#137f4a", "#c0392b", "#1f4e9c", "#5b6472"

SHOWN = (
    ("return_pct", "Return", "{:+.2f} %"),
    ("buy_hold_return_pct", "Buy & hold", "{:+.2f} %"),
    ("max_drawdown_pct", "Max. drawdown", "{:.2f} %"),
    ("sharpe_ratio", "Sharpe", "{:.2f}"),
    ("sortino_ratio", "Sortino", "{:.2f}"),
    ("trades", "Trades", "{:d}"),
    ("win_rate_pct", "Win rate", "{:.1f} %"),
    ("exposure_time_pct", "Exposure", "{:.1f} %"),
    ("equity_final", "Final equity", "{:,.2f}"),
)


def render_report(
    *,
    title: str,
    subtitle: str,
    metrics: Mapping[str, Any],
    equity: pd.DataFrame,
    trades: Sequence[Mapping[str, Any]],
    notices: Sequence[str] = (),
    bars: pd.DataFrame | None = None,
    evidence: str = "",
) -> str:
    """Return an HTML page that needs nothing from anywhere; all texts are escaped.

    `equity` is indexed by time with `equity` and `drawdown_pct` (0 to 100) columns; `trades` have the fields of
    `domain.Trade`; without `bars` (OHLCV) the price pane shows the fills alone. `evidence` is HTML that says what the
    figures are worth, and stands before them.
    """
    panes = [_equity_pane(equity)]
    shared = {"x_range": panes[0].x_range}
    panes += [_drawdown_pane(equity, **shared), _price_pane(trades, bars, **shared)]
    crosshair = Span(dimension="height", line_dash="dotted", line_width=1)
    for pane in panes:
        pane.add_tools(CrosshairTool(overlay=crosshair, dimensions="height"))
    script, place = components(column(*panes, sizing_mode="stretch_width"))
    library = Resources(mode="inline", components=["bokeh"]).render_js()
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>body{{margin:16px;font-family:system-ui,sans-serif}}</style>{library}</head>"
        f"<body>{_head(title, subtitle, metrics, notices, evidence)}{place}{script}</body></html>"
    )


def _head(title: str, subtitle: str, metrics: Mapping[str, Any], notices: Sequence[str], evidence: str) -> str:
    cells = "".join(
        f"<div><div style='color:#5b6472;font-size:12px'>{label}</div>"
        f"<div style='font-size:18px;font-weight:600'>{_number(metrics.get(name), shape)}</div></div>"
        for name, label, shape in SHOWN
    )
    warnings = "".join(f"<li>{escape(notice)}</li>" for notice in notices)
    return (
        f"<h1 style='font:600 22px system-ui;margin:8px 0 0'>{escape(title)}</h1>"
        f"<p style='font:14px system-ui;color:#5b6472;margin:2px 0 12px'>{escape(subtitle)}</p>"
        f"{evidence}<div style='display:flex;gap:28px;flex-wrap:wrap;font-family:system-ui'>{cells}</div>"
        + (f"<ul style='font:14px system-ui;color:{LOSS}'>{warnings}</ul>" if warnings else "")
    )


def _number(value: Any, shape: str) -> str:
    return "–" if value is None else shape.format(value)


def _pane(*, height: int, title: str, **ranges: Any) -> figure:
    pane = figure(
        height=height,
        title=title,
        x_axis_type="datetime",
        sizing_mode="stretch_width",
        tools="xpan,xwheel_zoom,box_zoom,reset,save",
        active_scroll="xwheel_zoom",
        **ranges,
    )
    pane.toolbar.autohide = True
    pane.grid.grid_line_alpha = 0.4
    return pane


def _equity_pane(equity: pd.DataFrame) -> figure:
    pane = _pane(height=260, title="Equity")
    source = ColumnDataSource(_thinned(equity))
    line = pane.line("index", "equity", source=source, color=LINE, line_width=1.5)
    pane.add_tools(
        HoverTool(
            renderers=[line],
            mode="vline",
            tooltips=[("", "@index{%F %H:%M}"), ("equity", "@equity{0,0.00}")],
            formatters={"@index": "datetime"},
        )
    )
    pane.yaxis.formatter = NumeralTickFormatter(format="0,0")
    return pane


def _drawdown_pane(equity: pd.DataFrame, **ranges: Any) -> figure:
    pane = _pane(height=130, title="Drawdown %", **ranges)
    shown = _thinned(equity)
    source = ColumnDataSource({"time": shown.index, "depth": -shown["drawdown_pct"]})
    pane.varea("time", 0, "depth", source=source, color=LOSS, alpha=0.35)
    return pane


def _price_pane(trades: Sequence[Mapping[str, Any]], bars: pd.DataFrame | None, **ranges: Any) -> figure:
    pane = _pane(height=320, title="Price and trades", **ranges)
    if bars is not None:
        pane.line("index", "Close", source=ColumnDataSource(_thinned(bars[["Close"]])), color=PRICE, line_width=1)
    if trades:
        pane.add_tools(_trade_hover(pane, ColumnDataSource(_trade_columns(trades))))
    pane.yaxis.formatter = NumeralTickFormatter(format="0,0.[0000]")
    return pane


def _trade_hover(pane: figure, source: ColumnDataSource) -> HoverTool:
    lines = pane.segment(
        "entry_time", "entry_price", "exit_time", "exit_price", source=source, color="color", line_width=2.5
    )
    pane.scatter("entry_time", "entry_price", source=source, color="color", marker="marker", size=8)
    pane.scatter("exit_time", "exit_price", source=source, color="color", marker="square", size=5)
    return HoverTool(
        renderers=[lines],
        tooltips=[
            ("in", "@entry_time{%F %H:%M} at @entry_price{0,0.[00000]}"),
            ("out", "@exit_time{%F %H:%M} at @exit_price{0,0.[00000]}"),
            ("size", "@size{0,0.[0000]}"),
            ("P/L", "@pnl{0,0.00} (@return_pct{0.00} %)"),
        ],
        formatters={"@entry_time": "datetime", "@exit_time": "datetime"},
    )


def _trade_columns(trades: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("size", "entry_price", "exit_price", "pnl", "return_pct")
    columns: dict[str, Any] = {name: np.array([trade[name] for trade in trades], dtype=float) for name in names}
    for name in ("entry_time", "exit_time"):
        columns[name] = pd.to_datetime([trade[name] for trade in trades], utc=True).tz_localize(None)
    columns["color"] = [GAIN if trade["pnl"] > 0 else LOSS for trade in trades]
    columns["marker"] = ["triangle" if trade["size"] > 0 else "inverted_triangle" for trade in trades]
    return columns


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep evenly spaced rows, the last one among them."""
    if len(frame) <= MOST_POINTS:
        return frame.rename_axis("index")
    rows = np.unique(np.linspace(0, len(frame) - 1, MOST_POINTS).astype(int))
    return frame.iloc[rows].rename_axis("index")
