"""Prices with the trades, and the rules' indicators with their thresholds."""

import math
from collections.abc import Sequence
from typing import Any

from backtest_engine.agents.supervisor.insights.base import (
    HEIGHT,
    WIDTH,
    Picture,
    amount,
    has,
    sampled,
    time_axis,
    time_of,
)
from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.language.explain import operand
from backtest_engine.spec import Comparison, Cross, Number


def price(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return the close with entries and exits; below it an indicator that is compared with a number."""
    places = sampled(len(situation.close))
    rows: list[dict[str, Any]] = [
        {"part": "price", "time": time_of(situation.index[place]), "value": float(situation.close[place])}
        for place in places
    ]
    for trade in situation.result.trades[:400]:
        side = "long" if trade.size > 0 else "short"
        rows.append(
            {
                "part": "trade",
                "time": time_of(situation.index[trade.entry_bar]),
                "value": trade.entry_price,
                "what": f"{side} entry",
            }
        )
        rows.append(
            {
                "part": "trade",
                "time": time_of(situation.index[min(trade.exit_bar, len(situation.index) - 1)]),
                "value": trade.exit_price,
                "what": "exit",
            }
        )
    dead = has(findings, "dead_threshold", "no_trades", "few_trades")
    indicator, title = _indicator_rows(situation, places)
    if not indicator:
        why = dead.sentence if dead else "Shows where the strategy bought and sold."
        return Picture(name="price", title="Price and trades", why=why, spec=_upper(), rows=rows)
    return Picture(
        name="price",
        title="Price, trades and the rules' indicator",
        why=dead.sentence
        if dead
        else f"Shows {title} with the levels at which the rules act, below the trades that came of it.",
        spec={"vconcat": [{"width": WIDTH, "height": HEIGHT, **_upper()}, _lower(title)]},
        rows=rows + indicator,
    )


def _part(name: str) -> list[dict[str, Any]]:
    return [{"filter": f"datum.part === '{name}'"}]


def _upper() -> dict[str, Any]:
    color = {"field": "what", "type": "nominal", "title": None}
    return {
        "encoding": {"x": time_axis(), "y": amount("value", "Price", scale={"zero": False})},
        "layer": [
            {"transform": _part("price"), "mark": {"type": "line", "strokeWidth": 1}},
            {
                "transform": _part("trade"),
                "mark": {"type": "point", "filled": True, "size": 40},
                "encoding": {"color": color},
            },
        ],
    }


def _lower(title: str) -> dict[str, Any]:
    value = amount("value", title, scale={"zero": False})
    return {
        "width": WIDTH,
        "height": HEIGHT // 2,
        "layer": [
            {
                "transform": _part("indicator"),
                "mark": {"type": "line", "strokeWidth": 1},
                "encoding": {"x": time_axis(), "y": value},
            },
            {"transform": _part("threshold"), "mark": {"type": "rule", "strokeDash": [4, 4]}, "encoding": {"y": value}},
        ],
    }


def _indicator_rows(situation: Situation, places: Any) -> tuple[list[dict[str, Any]], str]:
    for reading in situation.readings:
        asked = reading.condition
        if not (isinstance(asked, Comparison | Cross) and isinstance(asked.right, Number)) or reading.left is None:
            continue
        named = operand(asked.left)
        levels = {
            other.condition.right.value
            for other in situation.readings
            if isinstance(other.condition, Comparison | Cross)
            and isinstance(other.condition.right, Number)
            and operand(other.condition.left) == named
        }
        rows: list[dict[str, Any]] = [
            {"part": "indicator", "time": time_of(situation.index[place]), "value": float(reading.left[place])}
            for place in places
            if math.isfinite(reading.left[place])
        ]
        return rows + [{"part": "threshold", "value": level} for level in sorted(levels)], named
    return [], ""
