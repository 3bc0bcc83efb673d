"""Why it lost, why it did not trade: from trades and data, by looking them up."""

import re
from typing import Any

from backtest_engine.agents.conversation.settings import read_run
from backtest_engine.agents.conversation.turn import Turn
from backtest_engine.spec import MONTHS

_REASONS = {
    "stop_loss": "the stop loss",
    "take_profit": "the take profit",
    "closed": "the exit rule",
    "opposite_order": "the opposite signal",
    "wiped_out": "a wiped out account",
    "end_of_data": "the end of the data",
}


def answer(turn: Turn) -> None:
    """Look at the trades of the last backtest, in the span that was named."""
    change = turn.state.change
    if change is None or not change.results:
        turn.say("text", "There is no backtest to look at yet.")
        return
    if turn.outcomes is None:
        run = read_run(turn.said.text)
        span = {name: run.values[name] for name in ("start", "end") if name in run.values}
        month = _month_alone(turn.said.plain) if not span else None
        turn.command("look", execution=change.results[0].execution, spec=turn.state.spec, month=month, **span)
        return
    outcome = turn.outcomes[0]
    if outcome["state"] != "succeeded":
        turn.say("error", str((outcome.get("error") or {}).get("message", "The backtest could not be looked at.")))
        return
    turn.say(
        "text",
        _told(turn, outcome["result"]),
        metadata={"facts": outcome["result"], "execution": change.results[0].execution},
    )


def _month_alone(plain: str) -> int | None:
    """Return a month that was said without a year: `in march`."""
    match = re.search(rf"\bin ({'|'.join(MONTHS)})\b", plain)
    return MONTHS.index(match[1]) + 1 if match else None


def _told(turn: Turn, facts: dict[str, Any]) -> str:
    where = f"{facts['symbol']} {facts['interval']}, {facts['first'][:10]} to {facts['last'][:10]}"
    if facts["bars"] == 0:
        return f"{where}: the backtest has no bars there."
    lines = [f"{where} ({facts['bars']} bars; the market moved {facts['market_pct']:.1f} %)."]
    lines += _trades(facts)
    if facts["count"] == 0 or turn.state.intent == "why_no_trades":
        lines += [_condition(one) for one in facts["conditions"]]
        if facts.get("open"):
            lines.append(f"A position was open on {facts['open']} of these bars, so that no new one could begin.")
        for reason, lost in (facts.get("lost") or {}).items():
            lines.append(
                f"{lost['count']} entry orders came to nothing in the whole backtest "
                f"({reason.replace('_', ' ')}): {lost['message']}"
            )
    return "\n".join(lines)


def _trades(facts: dict[str, Any]) -> list[str]:
    if not facts["count"]:
        return ["No trade began or ended there."]
    lines = [
        f"{facts['count']} trades began or ended there, {facts['winners']} won and {facts['losers']} lost, "
        f"together {facts['pnl']:+,.2f} "
        f"(wins {facts['won']:+,.2f}, losses {facts['lost_money']:+,.2f}, commissions {facts['commission']:,.2f})."
    ]
    for reason, one in facts["by_reason"].items():
        lines.append(f"Closed by {_REASONS.get(reason, reason)}: {one['count']} trades, {one['pnl']:+,.2f}.")
    for one in facts["worst"]:
        lines.append(
            f"Worst: {one['side']} from {one['entry_time'][:10]} at {one['entry_price']:,.5g} "
            f"to {one['exit_time'][:10]} at {one['exit_price']:,.5g}, "
            f"{one['return_pct']:+.1f} %, {one['pnl']:+,.2f}."
        )
    return lines


def _condition(one: dict[str, Any]) -> str:
    near = ""
    if one.get("closest") is not None and one["held"] == 0:
        near = f" The nearest was {one['closest']:.6g}" + (
            f" on {str(one['closest_at'])[:10]}." if one.get("closest_at") else "."
        )
    return f"'{one['condition']}' held on {one['held']} of {one['bars']} bars.{near}"
