"""Results side by side: versions, markets, tries."""

import re
from typing import Any

from backtest_engine.agents.conversation.state import Change
from backtest_engine.agents.conversation.turn import Turn

ROWS = (
    ("return_pct", "return", "{:.1f} %"),
    ("buy_hold_return_pct", "buy and hold", "{:.1f} %"),
    ("max_drawdown_pct", "largest drawdown", "{:.1f} %"),
    ("sharpe_ratio", "Sharpe ratio", "{:.2f}"),
    ("trades", "trades", "{:.0f}"),
    ("win_rate_pct", "winners", "{:.0f} %"),
    ("profit_factor", "profit factor", "{:.2f}"),
)


def answer(turn: Turn) -> None:
    """Put the last results side by side, those that were named, or all of them."""
    if (error := turn.plan.focus.get("error")) is not None:
        turn.say("error", str(error.get("message", "The run failed.")), metadata={"code": error.get("code", "error")})
        return
    if turn.plan.focus.get("results"):
        shown = [*turn.plan.focus["results"]]
        if len(shown) == 1 and (last := turn.state.change) is not None and last.results:
            shown.insert(0, last.results[0].model_dump())
        side_by_side(turn, shown, title="Side by side")
        return
    if len(turn.state.shown) > 1 and not re.search(r"\bversions?\b", turn.said.plain):
        side_by_side(turn, [one.model_dump() for one in turn.state.shown], title="Side by side")
        return
    picked = [] if re.search(r"\b(?:hold|holding|the market|benchmark)\b", turn.said.plain) else _picked(turn)
    if len(picked) < 2:
        _with_holding(turn)
        return
    side_by_side(
        turn, [_row(change) for change in picked], title="Side by side", names=[_name(change) for change in picked]
    )


def _row(change: Change) -> dict[str, Any]:
    return change.results[0].model_dump()


def _name(change: Change) -> str:
    return f"v{change.version} ({change.said[:60]})"


def _picked(turn: Turn) -> list[Change]:
    plain = turn.said.plain
    changes = [change for change in turn.state.changes if change.results]
    numbers = [int(number) for number in re.findall(r"\b(?:version|v) ?(\d+)", plain)]
    if numbers:
        by_version = {change.version: change for change in changes}
        found = [by_version[number] for number in numbers if number in by_version]
        return found if len(found) > 1 else [*found, *changes[-1:]] if found else changes[-2:]
    unique = {change.results[0].execution: change for change in changes}
    listed = list(unique.values())
    if re.search(r"\b(?:all|every|each|versions|tries|runs|so far)\b", plain):
        return listed[-8:]
    if re.search(r"\b(?:first|original|initial|started)\b", plain):
        return [*listed[:1], *listed[-1:]] if len(listed) > 1 else listed
    return listed[-2:]


def _with_holding(turn: Turn) -> None:
    last = turn.state.change
    if last is None or not last.results:
        turn.say("comparison", "There is nothing to compare yet.", metadata={"rows": [], "columns": []})
        return
    result = last.results[0]
    own, held = result.metrics.get("return_pct"), result.metrics.get("buy_hold_return_pct")
    more = "more" if (own or 0) > (held or 0) else "less"
    turn.say(
        "comparison",
        f"On {result.symbol} it returned {own or 0:.1f} %, {more} than buying and holding ({held or 0:.1f} %).",
        metadata={
            "columns": ["strategy", "buy and hold"],
            "rows": [{"what": "return", "values": [own, held]}],
            "executions": [result.execution],
        },
    )


def side_by_side(turn: Turn, results: list[dict[str, Any]], *, title: str, names: list[str] | None = None) -> None:
    """Show results in columns, and say which is ahead in what, and how far they may be compared."""
    columns = names or [f"{one['symbol']} {one['interval']}" for one in results]
    rows = [
        {"metric": key, "what": label, "values": [one["metrics"].get(key) for one in results]} for key, label, _ in ROWS
    ]
    lines = [
        f"{label}: {' | '.join(_shown(value, shape) for value in row['values'])}"
        for row, (_, label, shape) in zip(rows, ROWS, strict=True)
    ]
    verdict = _verdict(results, columns)
    spans = {(one["symbol"], one["interval"], one["first"][:10], one["last"][:10]) for one in results}
    caution = (
        ""
        if len(spans) == 1
        else "\nThese are not the same bars, so the figures say more about the data than about the rules."
    )
    turn.say(
        "comparison",
        f"{title}: {' | '.join(columns)}\n" + "\n".join(lines) + f"\n{verdict}{caution}",
        metadata={"columns": columns, "rows": rows, "executions": [one["execution"] for one in results]},
    )


def _shown(value: Any, shape: str) -> str:
    return "–" if value is None else shape.format(value)


def _verdict(results: list[dict[str, Any]], columns: list[str]) -> str:
    def best(key: str) -> str:
        known = [
            (one["metrics"][key], name)
            for one, name in zip(results, columns, strict=True)
            if one["metrics"].get(key) is not None
        ]
        values = {value for value, _ in known}
        return "none" if not known else "equal" if len(values) == 1 and len(known) > 1 else max(known)[1]

    return f"Higher return: {best('return_pct')}. Higher Sharpe ratio: {best('sharpe_ratio')}."
