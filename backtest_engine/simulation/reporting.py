"""What a reader must know about how orders were filled: the orders that came to nothing, and doubtful fills."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import BrokerSettings, Dataset, LostOrders, Notice, OrderSummary
from backtest_engine.errors import StrategyRejected
from backtest_engine.simulation.house import BACKTESTING
from backtest_engine.simulation.losses import REASONS, Loss, Losses
from backtest_engine.simulation.orders import Trade

Words = Callable[[Loss, str], str]

# Codes of notices that say how to read the numbers, or what is not known, and give no reason to doubt them.
HARMLESS = frozenset(
    {f"orders_{reason}" for reason in REASONS}
    | {
        "warmed_up",
        "long_warm_up",
        "account_wiped_out",
        "same_bar_trades",
        "leverage",
        "yearly_figures_missing",
        "fills_of_backtesting",
        "sandbox_weakened",
        "several_strategies",
        "log_truncated",
        "no_trades",
        "look_ahead_unchecked",
        "indicator_looks_ahead",
        "orders_by_date",
        "memorised_prices",
        "code_unread",
    }
)
IMPOSSIBLE_FILL = "impossible_fill"
# Share of the bars from which on a warm-up is spoken of.
LONG_WARM_UP = 0.2


def order_summary(losses: Losses, index: pd.DatetimeIndex, *, step: float | None) -> OrderSummary:
    """Return what became of the orders, with a sentence for each reason."""
    lost = []
    for reason in REASONS:
        loss = losses.by_reason.get(reason)
        if loss is not None:
            at = _moment(index[max(loss.bar, 0)])
            message = f"{_WORDS[reason](loss, _many(loss.count))} The first was {_order(loss.figures)} on {_date(at)}."
            lost.append(
                LostOrders(
                    reason=reason,
                    count=loss.count,
                    first_bar=loss.bar,
                    first_at=at,
                    message=message,
                    figures=dict(loss.figures),
                )
            )
    return OrderSummary(placed=losses.placed, filled=losses.filled, lost=tuple(lost), unit=step or 1.0)


def order_notices(summary: OrderSummary) -> list[Notice]:
    """Return a notice for each reason for which orders came to nothing."""
    return [
        Notice(code=f"orders_{lost.reason}", message=lost.message, details={**lost.figures, "count": lost.count})
        for lost in summary.lost
        if lost.reason != "replaced"
    ]


def account_notices(
    trades: Sequence[Trade],
    *,
    broker: BrokerSettings,
    index: pd.DatetimeIndex,
    wiped_out_at: int | None,
    shortfall: float = 0.0,
    notes: Mapping[str, str],
) -> list[Notice]:
    """Return what a reader must know of the account: wiped out, borrowed, stopped in doubt, too short for a year."""
    notices = []
    if wiped_out_at is not None:
        at = _moment(index[wiped_out_at])
        message = f"The account was worth nothing any more on {_date(at)}: every trade was closed and the run ended."
        if shortfall:
            message += f" The losses were {_money(shortfall)} more than the account held: a broker would ask for them."
        details = {"bar": wiped_out_at, "date": at.isoformat(), "shortfall": shortfall}
        notices.append(Notice(code="account_wiped_out", message=message, details=details))
    if broker.margin < 1:
        message = f"Up to {1 / broker.margin:g} times the account was invested (margin {broker.margin:g})."
        notices.append(Notice(code="leverage", message=message, details={"margin": broker.margin}))
    if notes:
        notices.append(
            Notice(code="yearly_figures_missing", message=next(iter(notes.values())), details={"metrics": list(notes)})
        )
    if broker.fills == BACKTESTING:
        notices.append(Notice(code="fills_of_backtesting", message=_OF_BACKTESTING))
    same_bar = _same_bar(trades)
    return notices if same_bar is None else [*notices, same_bar]


def check_fills(trades: Sequence[Trade], bars: pd.DataFrame, *, broker: BrokerSettings) -> list[Notice]:
    """Compare every fill with its bar (the spread may lie outside it).

    Raises `StrategyRejected` (`impossible_fill`) for one outside; under the rules of backtesting.py, which book some,
    it is a notice.
    """
    impossible = impossible_fills(trades, bars, spread=broker.spread)
    if not impossible:
        return []
    trade, bar, price, what = impossible[0]
    low, high = bars["Low"].iloc[bar], bars["High"].iloc[bar]
    message = (
        f"{len(impossible)} fill{'s' * (len(impossible) > 1)} could not have happened: the {what} of "
        f"{abs(trade._size):g} at {price:g} on {_date(_moment(bars.index[bar]))}, whose prices went from {low:g} to "
        f"{high:g}, is the first."
    )
    details = {"count": len(impossible), "bar": bar, "price": price, "low": float(low), "high": float(high)}
    if broker.fills != BACKTESTING:
        raise StrategyRejected(message, code=IMPOSSIBLE_FILL, details=details)
    return [Notice(code=IMPOSSIBLE_FILL, message=message, details=details)]


def impossible_fills(
    trades: Sequence[Trade], bars: pd.DataFrame, *, spread: float
) -> list[tuple[Trade, int, float, str]]:
    """Return (trade, bar, price, entry or exit) of each fill outside its bar, or at no positive finite price."""
    if not trades:
        return []
    prices = bars[["Open", "High", "Low", "Close"]].to_numpy(dtype=float)
    low, high = prices.min(axis=1) * (1 - spread), prices.max(axis=1) * (1 + spread)
    fills = [
        *((trade, trade._entry_bar, trade._entry_price, "entry") for trade in trades),
        *((trade, int(trade._exit_bar or 0), float(trade._exit_price or 0.0), "exit") for trade in trades),
    ]
    at = np.array([bar for _, bar, _, _ in fills])
    price = np.array([price for _, _, price, _ in fills])
    possible = (price > 0) & np.isfinite(price) & (price >= low[at]) & (price <= high[at])
    return [fills[place] for place in np.flatnonzero(~possible)]


def warm_up_notices(dataset: Dataset, *, known: int) -> list[Notice]:
    """Return how many bars warmed indicators up before the start, and where they take a large part of the period.

    `known` bars come before the one on which every indicator has a value.
    """
    notices = []
    before, period = dataset.warm_up, len(dataset) - dataset.warm_up
    if before:
        start = _date(_moment(dataset.bars.index[before]))
        message = f"{before:,} bars before {start} warm the indicators up; trading and all figures begin then."
        notices.append(Notice(code="warmed_up", message=message, details={"bars": before, "trade_from": start}))
    silent = known - before
    if silent > period * LONG_WARM_UP:
        most = "Most of the period is warm-up: the" if silent > period / 2 else "The"
        message = (
            f"{most} indicators have no value on the first {silent:,} of {period:,} bars, so these decide nothing. "
            "Start earlier, or use shorter indicators."
        )
        notices.append(Notice(code="long_warm_up", message=message, details={"bars": silent, "of": period}))
    return notices


def no_trades_message(summary: OrderSummary) -> str:
    """Return why there is no trade, as far as the orders tell."""
    said = "The strategy made no trade on this data"
    if not summary.lost:
        return f"{said}." if summary.placed else f"{said}: it gave no order."
    return " ".join([f"{said}.", *(lost.message for lost in summary.lost)])


def _same_bar(trades: Sequence[Trade]) -> Notice | None:
    on_entry_bar = [t for t in trades if t._exit_reason == "stop_loss" and t._exit_bar == t._entry_bar]
    doubtful = [trade for trade in trades if trade._same_bar]
    if not on_entry_bar and not doubtful:
        return None
    better = sum(trade._size * (trade._better_exit - float(trade._exit_price or 0.0)) for trade in doubtful)
    message = f"{len(on_entry_bar)} of {len(trades)} trades were stopped on the bar that they were opened on."
    if doubtful:
        message += (
            f" For {len(doubtful)} of them a bar does not tell whether the stop came first: it was assumed. "
            f"The better course (target reached, or held to the close) would have given {better:,.2f} more on them."
        )
    details = {"count": len(on_entry_bar), "doubtful": len(doubtful), "better_pnl": better}
    return Notice(code="same_bar_trades", message=message, details=details)


def _unaffordable(loss: Loss, many: str) -> str:
    figures = loss.figures
    least = f"one unit costs {_money(figures['unit_cost'])}"
    if figures["smallest"] != 1:
        least = (
            f"the smallest size, {figures['smallest']:.8g}, costs {_money(figures['unit_cost'] * figures['smallest'])}"
        )
    share, power = abs(figures["size"]), figures["power"]
    spent = f"there was {_money(power)}" if share > 0.9998 else f"{share:.4g} of {_money(power)} was to be spent"
    return f"{many} bought nothing: {least}, and {spent}{_lent(figures)}."


def _lent(figures: Mapping[str, float]) -> str:
    return (
        f" (the account's {_money(figures['available'])} with leverage)"
        if figures["power"] > figures["available"]
        else ""
    )


def _without_cash(loss: Loss, many: str) -> str:
    figures = loss.figures
    if figures["available"] <= 0:
        return f"{many} found no money left to invest: everything was in open trades."
    return f"{many} cost more than the account held: {_money(figures['needed'])} of {_money(figures['available'])}."


def _without_margin(loss: Loss, many: str) -> str:
    figures = loss.figures
    return f"{many} needed more than was free: {_money(figures['needed'])} of {_money(figures['available'])}."


_WORDS: dict[str, Words] = {
    "below_one_unit": _unaffordable,
    "no_cash": _without_cash,
    "margin": _without_margin,
    "wrong_side": lambda _, many: f"{many} had a price on the wrong side, or no price at all, and stood refused.",
    "expired": lambda _, many: f"{many} never filled before the strategy withdrew {_them(many)}.",
    "replaced": lambda _, many: f"{many} never filled before a later order replaced {_them(many)}.",
    "still_waiting": lambda _, many: f"{many} still waited when the data ended.",
}
_OF_BACKTESTING = (
    "Orders were filled, and figures computed, as backtesting.py does, which books some fills that could not have "
    "happened. fills=conservative leaves them out."
)


def _many(count: int) -> str:
    return f"{count:,} order{'s' * (count > 1)}"


def _them(many: str) -> str:
    return "them" if many.endswith("s") else "it"


def _order(figures: Mapping[str, Any]) -> str:
    size = figures["size"]
    amount = _share(size) if abs(size) < 1 else f"{abs(size):g} units"
    terms = [f"{name} {figures[name]:g}" for name in ("limit", "stop", "sl", "tp") if name in figures]
    return " ".join(["to buy" if size > 0 else "to sell", amount, *terms])


def _share(size: float) -> str:
    share = abs(size)
    return "all" if share > 0.9998 else f"{share:.4g} of what is available"


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if abs(amount) >= 0.01 or not amount else f"{amount:.3g}"


def _moment(stamp: Any) -> datetime:
    moment: datetime = pd.Timestamp(stamp).to_pydatetime(warn=False)
    return moment.replace(tzinfo=UTC)


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if not (moment.hour or moment.minute) else f"{moment:%Y-%m-%d %H:%M}"
