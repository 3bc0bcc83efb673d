"""What a strategy decides on one bar, read plainly from its specification.

This is the yardstick for compiled code and for the fast path. It is slow and meant to be: it looks at one bar, with
what is known of the account, and says what is cancelled, closed, moved and ordered.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from backtest_engine.registry import Array
from backtest_engine.spec.account import Account, Decision, Entry, OpenTrade, SideName, WaitingOrder
from backtest_engine.spec.conditions import Condition
from backtest_engine.spec.evaluate import Evaluation, Position, longer_bars, outputs, series
from backtest_engine.spec.operands import Indicator, SessionValue
from backtest_engine.spec.orders import (
    AtrDistance,
    CashSize,
    Distance,
    FractionSize,
    Gain,
    KellySize,
    Level,
    LimitOrder,
    MarketOrder,
    PercentDistance,
    PriceDistance,
    RiskDistance,
    RiskSize,
    ScaleIn,
    TrailingStop,
    UnitSize,
    VolatilitySize,
)
from backtest_engine.spec.strategy import Side, StrategySpec
from backtest_engine.spec.warm_up import (
    Declared,
    average_true_range,
    bars_needed,
    constant_shifts,
    declared,
    identity,
    volatility,
)

# The largest share of what is available that the broker takes for a share.
ALMOST_ALL = 0.9999

NOTHING = Decision()


class Decisions:
    """Decides bar by bar on given bars."""

    def __init__(self, spec: StrategySpec, bars: pd.DataFrame) -> None:
        self._spec = spec
        self._known = Evaluation(bars)
        self._columns = {name.lower(): bars[name].to_numpy(dtype=float) for name in ("Open", "High", "Low", "Close")}
        self._ranges: dict[int, Indicator] = {}
        self._volatility = volatility(spec.sizing) if isinstance(spec.sizing, VolatilitySize) else None
        self.first = first_decision(spec, bars)

    def on(self, bar: int, account: Account) -> Decision:
        """Return what is decided when the bar has closed."""
        if bar < self.first:
            return NOTHING
        cancelled = tuple(order for order in account.waiting if bar - order.given_on >= self._patience(order))
        waiting = len(account.waiting) > len(cancelled)
        followed, closes, entry = self._rules(bar, account, waiting=waiting)
        # A stop is not moved on a bar that gives an order, unless positions are added to or turned round.
        moves = self._spec.max_entries > 1 or self._spec.reverse or not followed
        stops = tuple(self._moved(bar, trade) if moves else None for trade in account.trades)
        parts = () if followed else tuple(self._parts(bar, account))
        return Decision(cancelled=cancelled, close=closes, stops=stops, parts=parts, entry=entry)

    def _patience(self, order: WaitingOrder) -> int:
        sent = self._spec.sides[order.side].order
        return 0 if isinstance(sent, MarketOrder) else sent.bars

    def _rules(self, bar: int, account: Account, *, waiting: bool) -> tuple[bool, bool, Entry | None]:
        """Follow the first rule that holds: exits before entries, or the other way round for one that reverses.

        Return whether one did, whether it closes the position, and what it orders.
        """
        names = tuple(self._spec.sides)
        if self._spec.reverse:
            for name in names:
                if self._enters(name, bar, account, waiting=waiting):
                    return True, account.side not in (None, name), self._order(name, bar, account)
        if any(self._leaves(name, bar, account) for name in names):
            return True, True, None
        for name in names:
            if self._enters(name, bar, account, waiting=waiting):
                return True, False, self._order(name, bar, account)
        return False, False, None

    def _holds(self, condition: Condition, bar: int, position: Position | None = None) -> bool:
        return bool(self._known.holds(condition, position)[bar])

    # Exits

    def _leaves(self, name: SideName, bar: int, account: Account) -> bool:
        side = self._spec.sides[name]
        if account.side != name:
            return False
        oldest = account.trades[0]
        if side.exit is not None and self._holds(side.exit, bar, self._position(bar, account)):
            return True
        if side.max_bars is not None and bar - oldest.entry_bar >= side.max_bars:
            return True
        return self._fell_back(name, side, bar, oldest)

    def _position(self, bar: int, account: Account) -> Position:
        oldest = account.trades[0]
        since = slice(oldest.entry_bar, bar + 1)
        return {
            "entry_price": oldest.entry_price,
            "bars_held": bar - oldest.entry_bar,
            "profit_percent": account.profit_percent,
            "highest_close": self._columns["close"][since].max(),
            "lowest_close": self._columns["close"][since].min(),
            "highest_high": self._columns["high"][since].max(),
            "lowest_low": self._columns["low"][since].min(),
        }

    def _fell_back(self, name: SideName, side: Side, bar: int, oldest: OpenTrade) -> bool:
        trailing = side.trailing_stop
        if trailing is None or trailing.trigger != "close":
            return False
        sign = 1 if name == "long" else -1
        best = self._best(trailing, sign, slice(oldest.entry_bar, bar + 1))
        if trailing.begins and not self._ahead(best, trailing.begins, oldest, bar):
            return False
        return bool(sign * self._columns["close"][bar] <= sign * self._away(trailing.distance, best, -sign, bar))

    def _best(self, trailing: TrailingStop, sign: int, bars: slice) -> float:
        """Return the price that was best for a side, of the closes or of the highs (lows, for shorts)."""
        column = "close" if trailing.anchor == "close" else "high" if sign > 0 else "low"
        prices = self._columns[column][bars]
        return float(prices.max() if sign > 0 else prices.min())

    def _ahead(self, price: float, after: Gain, trade: OpenTrade, bar: int) -> bool:
        """Whether a price is ahead of a trade's entry by so much."""
        sign = 1 if trade.side == "long" else -1
        if isinstance(after, RiskDistance):
            level = trade.entry_price + sign * after.multiple * (trade.risk or 0.0)
        else:
            level = self._away(after, trade.entry_price, sign, bar)
        return sign * price >= sign * level

    def _away(self, distance: Distance, start: float, sign: int, bar: int) -> float:
        """Return the price that lies so far above another, or below it where the sign is negative."""
        match distance:
            case PercentDistance():
                return start * (1 + sign * distance.percent / 100)
            case PriceDistance():
                return start + sign * distance.amount
            case AtrDistance():
                average = self._ranges.setdefault(distance.period, average_true_range(distance))
                return start + sign * float(distance.multiple * self._known.series(average)[bar])

    # Open trades

    def _moved(self, bar: int, trade: OpenTrade) -> float | None:
        """Return where a trade's stop goes, None where no rule sets it."""
        side = self._spec.sides[trade.side]
        sign = 1 if trade.side == "long" else -1
        stop = trade.stop
        trailing = side.trailing_stop
        if trailing is not None and trailing.trigger == "touch":
            best = self._best(trailing, sign, slice(bar, bar + 1))
            level = self._away(trailing.distance, best, -sign, bar)
            if not trailing.begins or (self._ahead(best, trailing.begins, trade, bar) and level > 0):
                stop = _tighter(sign, stop, level)
        if side.break_even is not None and self._ahead(self._columns["close"][bar], side.break_even.after, trade, bar):
            stop = _tighter(sign, stop, trade.entry_price)
        return None if stop == trade.stop else stop

    def _parts(self, bar: int, account: Account) -> Iterator[tuple[int, float]]:
        for place, trade in enumerate(account.trades):
            left = self._spec.sides[trade.side].partial_exits[trade.parts_taken :]
            if left and self._ahead(self._columns["close"][bar], left[0].after, trade, bar):
                yield place, left[0].portion

    # Entries

    def _enters(self, name: SideName, bar: int, account: Account, *, waiting: bool) -> bool:
        if self._spec.scale_in and account.side is not None:
            return not waiting and account.side == name and self._adds(self._spec.scale_in, bar, account)
        return (
            not waiting
            and self._has_room(name, account)
            and self._rested(bar, account)
            and self._holds(self._spec.sides[name].entry, bar)
        )

    def _adds(self, scale_in: ScaleIn, bar: int, account: Account) -> bool:
        if len(account.trades) >= self._spec.max_entries:
            return False
        last = account.trades[-1]
        sign = 1 if (last.side == "long") == (scale_in.direction == "with") else -1
        level = self._away(scale_in.distance, last.entry_price, sign, bar)
        return bool(sign * self._columns["close"][bar] >= sign * level)

    def _has_room(self, name: SideName, account: Account) -> bool:
        if account.side is None:
            return True
        if account.side != name:
            return self._spec.reverse
        return self._spec.max_entries > 1 and len(account.trades) < self._spec.max_entries

    def _rested(self, bar: int, account: Account) -> bool:
        pause = self._spec.cool_down
        if pause is None or account.last_exit_bar is None:
            return True
        return bar - account.last_exit_bar >= pause.bars or (pause.after == "loss" and account.last_profit >= 0)

    def _order(self, name: SideName, bar: int, account: Account) -> Entry | None:
        """Return the order, None where its stop or target would be on the wrong side, or nothing can be afforded."""
        side = self._spec.sides[name]
        sign = 1 if name == "long" else -1
        price = float(self._columns["close"][bar])
        if not isinstance(side.order, MarketOrder):
            price = float(self._known.series(side.order.at)[bar])
        stop = self._stop(side, sign, price, bar)
        target = self._target(side, sign, price, stop, bar)
        levels = [level for level in (stop, price, target) if level is not None]
        if not all(level > 0 for level in levels) or any(
            not sign * nearer < sign * further for nearer, further in pairwise(levels)
        ):
            return None
        size = self._size(name, bar, price, stop, account)
        if size is not None and not size > 0:
            return None
        return Entry(
            side=name,
            size=size,
            limit=price if isinstance(side.order, LimitOrder) else None,
            stop=price if not isinstance(side.order, MarketOrder | LimitOrder) else None,
            stop_loss=stop,
            take_profit=target,
            risk=abs(price - stop) if side.remembers_risk and stop is not None else None,
        )

    def _stop(self, side: Side, sign: int, price: float, bar: int) -> float | None:
        stop = None
        if isinstance(side.stop_loss, Level):
            stop = float(self._known.series(side.stop_loss.at)[bar])
        elif side.stop_loss is not None:
            stop = self._away(side.stop_loss, price, -sign, bar)
        trailing = side.trailing_stop
        if trailing is None or trailing.trigger != "touch" or trailing.begins:
            return stop
        return _tighter(sign, stop, self._away(trailing.distance, price, -sign, bar))

    def _target(self, side: Side, sign: int, price: float, stop: float | None, bar: int) -> float | None:
        target = side.take_profit
        if target is None:
            return None
        if isinstance(target, Level):
            return float(self._known.series(target.at)[bar])
        if isinstance(target, RiskDistance):
            return price + sign * target.multiple * abs(price - (stop if stop is not None else price))
        return self._away(target, price, sign, bar)

    def _size(self, name: SideName, bar: int, price: float, stop: float | None, account: Account) -> float | None:
        match self._spec.sizing:
            case FractionSize(fraction=1):
                return None
            case FractionSize(fraction=fraction, of="available"):
                return fraction
            case FractionSize(fraction=fraction):
                return fraction if self._spec.max_entries == 1 else self._of_free(name, fraction, bar, account)
            case UnitSize(units=units):
                return units
            case CashSize(amount=amount):
                return int(amount / price) or self._of_power(amount, bar, account)
            case VolatilitySize() as sizing:
                share = self._volatility_share(sizing, bar)
                return share if self._spec.max_entries == 1 else self._of_free(name, share, bar, account)
            case KellySize() as sizing:
                share = min(kelly(account.closed_returns, sizing), ALMOST_ALL)
                return share if self._spec.max_entries == 1 else self._of_free(name, share, bar, account)
            case RiskSize(fraction=fraction):
                share = fraction * price / abs(price - (stop if stop is not None else price))
                return (
                    min(share, ALMOST_ALL) if self._spec.max_entries == 1 else self._of_free(name, share, bar, account)
                )

    def _volatility_share(self, sizing: VolatilitySize, bar: int) -> float:
        moved = float(self._known.series(self._volatility)[bar]) if self._volatility else 0.0
        return min(sizing.target / moved, sizing.cap, ALMOST_ALL) if moved > 0 else 0.0

    def _of_power(self, amount: float, bar: int, account: Account) -> float:
        """Turn money that buys no whole unit into a share of what can be spent without leverage; 1 where it is less."""
        power = account.equity
        if self._spec.max_entries > 1:
            close = float(self._columns["close"][bar])
            power = max(0.0, power - sum(abs(trade.size) * close for trade in account.trades))
        return amount / power if power > amount else 1

    def _of_free(self, name: SideName, share: float, bar: int, account: Account) -> float:
        """Turn a share of the equity into one of what open trades of the side leave of it."""
        close = float(self._columns["close"][bar])
        free = account.equity - sum(abs(trade.size) * close for trade in account.trades if trade.side == name)
        return min(share * account.equity / free, ALMOST_ALL) if free > 0 else 0.0


def kelly(returns: tuple[float, ...], sizing: KellySize) -> float:
    """Return the share to stake: a multiple of the chance to win less the chance to lose over what a win pays."""
    if len(returns) < sizing.trades:
        return sizing.start
    wins = [gain for gain in returns if gain > 0]
    losses = [-gain for gain in returns if gain <= 0]
    if not wins:
        return 0.0
    chance = len(wins) / len(returns)
    lost = sum(losses) / len(losses) if losses else 0.0
    share = chance - (1 - chance) * lost / (sum(wins) / len(wins))
    return min(max(sizing.multiple * share, 0.0), sizing.cap)


def _tighter(sign: int, stop: float | None, level: float) -> float:
    """Return the stop that is nearer to the price; an unknown level moves nothing."""
    if stop is None:
        return level
    return level if sign * level > sign * stop else stop


def first_decision(spec: StrategySpec, bars: pd.DataFrame) -> int:
    """Return the first bar that is decided on: the one after all indicators have their first value, or a later one
    when the rules look back further than that."""
    shifts = constant_shifts(spec)
    leading = [_leading(call, shifts.get(identity(call), 0), bars) for call, _ in declared(spec)]
    needed = bars_needed(spec)
    return max(1 + max(leading, default=0), needed - 1 if needed > 2 else 0)


def _leading(call: Declared, shift: int, bars: pd.DataFrame) -> int:
    """Return for how many bars an indicator has no value yet; an output that never has one does not count."""
    if isinstance(call, SessionValue):
        first = _first(series(call, bars))
    elif call.timeframe is not None:
        longer, number = longer_bars(bars, call.timeframe)
        rows = outputs(call, longer) if isinstance(call, Indicator) else (np.zeros(len(longer)),)
        first = [int(np.searchsorted(number, start + 1 + call.shift)) for row in rows for start in _first(row)]
    elif isinstance(call, Indicator):
        first = [start + shift for row in outputs(call, bars) for start in _first(row)]
    else:
        return 0
    return max((int(bar) for bar in first if bar < len(bars)), default=0)


def _first(row: Array) -> list[int]:
    return [int(bar) for bar in np.flatnonzero(~np.isnan(row))[:1]]
