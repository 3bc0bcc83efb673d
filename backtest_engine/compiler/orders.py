"""Stops, targets, sizes and entry orders of a specification as lines of Python."""

from dataclasses import dataclass
from typing import Literal

from backtest_engine.compiler.expressions import NOW, Writer
from backtest_engine.spec import (
    AtrDistance,
    CashSize,
    FractionSize,
    KellySize,
    Level,
    MarketOrder,
    PercentDistance,
    PriceDistance,
    RiskDistance,
    RiskSize,
    Side,
    StrategySpec,
    TrailingStop,
    UnitSize,
    VolatilitySize,
)
from backtest_engine.spec.warm_up import average_true_range, volatility

Distance = PercentDistance | PriceDistance | AtrDistance


def longest_wait(spec: StrategySpec) -> int:
    """Return for how many bars an entry order waits at most; 0 where all are market orders."""
    return max(0 if isinstance(side.order, MarketOrder) else side.order.bars for side in spec.sides.values())


WRONG_SIDE = "# The broker refuses an order whose stop or target is on the wrong side of its price."


@dataclass
class Orders:
    """Writes the orders of one side of a strategy; `prefix` tells its parameters from the other side's."""

    spec: StrategySpec
    side: Side
    name: Literal["long", "short"]
    write: Writer
    prefix: str

    def entry(self) -> list[str]:
        """Return the lines that send the entry order."""
        order = self.side.order
        at = "self.data.Close[-1]"
        if not isinstance(order, MarketOrder):
            at = self.write.operand(order.at, NOW, f"{self.prefix}entry")
        stop, target = self._stop(), self._target()
        argument, sizing = self._size()
        lines = [*([f"stop = {stop}"] if stop else []), *([f"target = {target}"] if target else [])]
        send = [*sizing, *self._send(argument)]
        enough = "size > 0" if len(sizing) > 1 and not isinstance(self.spec.sizing, CashSize) else ""
        if enough:
            send = [*sizing, f"if {enough}:", *(f"    {line}" for line in self._send(argument))]
        guard = " and ".join(self._in_order())
        if not isinstance(order, MarketOrder) or any("price" in line for line in [*lines, *send, guard]):
            lines.insert(0, f"price = {at}")
        if not guard:
            return [*lines, *send]
        note = [WRONG_SIDE] if "<" in guard else []
        return [*lines, *note, f"if {guard}:", *(f"    {line}" for line in send)]

    def _send(self, size: str) -> list[str]:
        order = self.side.order
        arguments = [size] if size else []
        if not isinstance(order, MarketOrder):
            arguments.append(f"{order.kind}=price")
        if self.side.stop_loss or self._touching:
            arguments.append("sl=stop")
        if self.side.take_profit:
            arguments.append("tp=target")
        if self.side.remembers_risk:
            # Each trade carries what was put at risk with it.
            arguments.append("tag=abs(price - stop)")
        send = [f"self.{'buy' if self.name == 'long' else 'sell'}({', '.join(arguments)})"]
        if not isinstance(order, MarketOrder) and longest_wait(self.spec) > 1:
            send.append(f"self.expires_at = len(self.data) + {order.bars}")
        return send

    def _in_order(self) -> list[str]:
        """Return the check that stop, price and target are in order, where arithmetic does not promise it."""
        trailing = self._touching.distance if self._touching else None
        distances = [d for d in (self.side.stop_loss, self.side.take_profit, trailing) if d is not None]
        if isinstance(self.side.order, MarketOrder) and all(isinstance(d, PercentDistance) for d in distances):
            return []
        below, above = (
            (["stop"] if self.side.stop_loss or trailing else []),
            (["target"] if self.side.take_profit else []),
        )
        if self.name == "short":
            below, above = above, below
        return [" < ".join(["0", *below, "price", *above])]

    @property
    def _touching(self) -> TrailingStop | None:
        """The trailing stop that an entry order carries from the start."""
        trailing = self.side.trailing_stop
        return trailing if trailing is not None and trailing.trigger == "touch" and not trailing.begins else None

    @property
    def _losing(self) -> str:
        return "-" if self.name == "long" else "+"

    @property
    def _winning(self) -> str:
        return "+" if self.name == "long" else "-"

    def _stop(self) -> str:
        stops = []
        if self.side.stop_loss is not None:
            stops.append(self._level(self.side.stop_loss, "stop_loss", self._losing))
        if self._touching is not None:
            stops.append(self._away(self._touching.distance, "trailing_stop", self._losing, "price"))
        if len(stops) < 2:
            return "".join(stops)
        return f"{'max' if self.name == 'long' else 'min'}({', '.join(stops)})"

    def _target(self) -> str:
        target = self.side.take_profit
        if target is None:
            return ""
        if isinstance(target, RiskDistance):
            multiple = self._shared("take_profit_risk_multiple", target.multiple)
            return f"price {self._winning} {multiple} * abs(price - stop)"
        return self._level(target, "take_profit", self._winning)

    def _level(self, level: Distance | Level, role: str, sign: str) -> str:
        if isinstance(level, Level):
            return self.write.operand(level.at, NOW, f"{self.prefix}{role}")
        return self._away(level, role, sign, "price")

    def _away(self, distance: Distance, role: str, sign: str, start: str) -> str:
        match distance:
            case PercentDistance(percent=percent):
                return f"{start} * (1 {sign} {self._shared(f'{role}_percent', percent)} / 100)"
            case PriceDistance(amount=amount):
                return f"{start} {sign} {self._shared(f'{role}_distance', amount)}"
            case AtrDistance(multiple=multiple):
                average = self.write.operand(average_true_range(distance), NOW, role)
                return f"{start} {sign} {self._shared(f'{role}_atr_multiple', multiple)} * {average}"

    def _shared(self, name: str, value: float) -> str:
        return self.write.shared(f"{self.prefix}{name}", value)

    def follow(self) -> list[str]:
        """Return the lines that move the stop of `trade` while it is open."""
        lines = []
        tighter, none = ("max", "0") if self.name == "long" else ("min", 'float("inf")')
        trailing = self.side.trailing_stop
        if trailing is not None and trailing.trigger == "touch":
            best = f"self.data.{self._anchor(trailing)}[-1]"
            level = self._away(trailing.distance, "trailing_stop", self._losing, best)
            if trailing.begins is None:
                lines.append(f"trade.sl = {tighter}(trade.sl or {none}, {level})")
            else:
                begun = self._gained(trailing.begins, "trailing_begins", best, "trade")
                lines += [
                    f"level = {level}",
                    f"if {begun} and level > 0:",
                    f"    trade.sl = {tighter}(trade.sl or {none}, level)",
                ]
        if self.side.break_even is not None:
            lines += [
                f"if {self._gained(self.side.break_even.after, 'break_even', 'self.data.Close[-1]', 'trade')}:",
                f"    trade.sl = {tighter}(trade.sl or {none}, trade.entry_price)",
            ]
        return lines

    def further(self) -> str:
        """Return the condition that one more entry is added without a signal, empty where there is none."""
        scale_in = self.spec.scale_in
        if scale_in is None:
            return ""
        up = (self.name == "long") == (scale_in.direction == "with")
        level = self._away(scale_in.distance, "scale_in", "+" if up else "-", "self.trades[-1].entry_price")
        return f"self.data.Close[-1] {'>=' if up else '<='} {level}"

    def reduce(self) -> list[str]:
        """Return the lines that close parts of `trade`, each once."""
        lines = []
        for place, part in enumerate(self.side.partial_exits):
            gained = self._gained(part.after, f"partial_exit_{place + 1}", "self.data.Close[-1]", "trade")
            portion = self._shared(f"partial_exit_{place + 1}_portion", part.portion)
            lines += [
                f"{'elif' if place else 'if'} self.parts_taken.get(trade, 0) == {place} and {gained}:",
                f"    trade.close({portion})",
                f"    self.parts_taken[trade] = {place + 1}",
            ]
        return lines

    def _anchor(self, trailing: TrailingStop) -> str:
        return "Close" if trailing.anchor == "close" else "High" if self.name == "long" else "Low"

    def _gained(self, after: Distance | RiskDistance, role: str, price: str, trade: str) -> str:
        """Return the condition that a price is ahead of a trade's entry by a distance."""
        relation = ">=" if self.name == "long" else "<="
        if isinstance(after, RiskDistance):
            multiple = self._shared(f"{role}_risk_multiple", after.multiple)
            level = f"{trade}.entry_price {self._winning} {multiple} * {trade}.tag"
        else:
            level = self._away(after, role, self._winning, f"{trade}.entry_price")
        return f"{price} {relation} {level}"

    def fallen_back(self) -> str:
        """Return the condition of a trailing stop that is looked at when a bar closes, empty where there is none."""
        trailing = self.side.trailing_stop
        if trailing is None or trailing.trigger == "touch":
            return ""
        best, relation = ("max", "<=") if self.name == "long" else ("min", ">=")
        extreme = f"self.data.{self._anchor(trailing)}[self.trades[0].entry_bar :].{best}()"
        fallen = (
            f"self.data.Close[-1] {relation} {self._away(trailing.distance, 'trailing_stop', self._losing, extreme)}"
        )
        if trailing.begins is None:
            return fallen
        return f"{self._gained(trailing.begins, 'trailing_begins', extreme, 'self.trades[0]')} and {fallen}"

    def _size(self) -> tuple[str, list[str]]:
        """Return the order's argument, and the lines that work it out."""
        match self.spec.sizing:
            case FractionSize(fraction=1):
                return "", []
            case FractionSize(fraction=fraction, of=of):
                share = self.write.shared("position_fraction", fraction)
                if of == "available" or self.spec.max_entries == 1:
                    return f"size={share}", []
                return "size=size", self._of_equity(share)
            case UnitSize(units=units):
                return f"size={self.write.shared('units', units)}", []
            case CashSize(amount=amount):
                return "size=size", self._of_cash(self.write.shared("cash_per_trade", amount))
            case RiskSize(fraction=fraction):
                percent = self.write.shared("risk_percent", round(100 * fraction, 10))
                share = f"{percent} / 100 * price / abs(price - stop)"
                if self.spec.max_entries == 1:
                    return "size=size", [f"size = min({share}, 0.9999)"]
                return "size=size", self._of_equity(share)
            case VolatilitySize() as sizing:
                moved = self.write.operand(volatility(sizing), NOW, "volatility")
                target = self.write.shared("volatility_target", sizing.target)
                cap = self.write.shared("largest_share", sizing.cap)
                return self._share([f"share = min({target} / {moved}, {cap}) if {moved} > 0 else 0"])
            case KellySize() as sizing:
                self.write.init.snippets.add("kelly")
                start = self.write.shared("first_share", sizing.start)
                multiple = self.write.shared("kelly_multiple", sizing.multiple)
                cap = self.write.shared("largest_share", sizing.cap)
                arguments = f"{sizing.trades}, {start}, {multiple}, {cap}"
                return self._share([f"share = kelly(self.closed_trades, {arguments})"])

    def _share(self, lines: list[str]) -> tuple[str, list[str]]:
        """Return the order's argument for a share of the equity that lines have worked out."""
        if self.spec.max_entries == 1:
            return "size=size", [*lines, "size = min(share, 0.9999)"]
        return "size=size", [*lines, *self._of_equity("share")]

    def _of_cash(self, amount: str) -> list[str]:
        """Return the lines that turn an amount of money into units, or where it buys none into a share of what buys."""
        power = "self.equity" if self.spec.max_entries == 1 else "self._broker.margin_available"
        return [
            f"size = int({amount} / price)",
            "if not size:",
            "    # Part of a unit, where the market has parts: a share of what can be spent.",
            f"    power = {power} * self._broker._leverage",
            f"    size = {amount} / power if power > {amount} else 1",
        ]

    def _of_equity(self, share: str) -> list[str]:
        """Return the lines that turn a share of the equity into one of what no open trade holds."""
        # When a position is turned round, what is open is closed before the order fills.
        kept = f" if trade.is_{self.name}" if self.spec.reverse else ""
        return [
            f"free = self.equity - sum(abs(trade.value) for trade in self.trades{kept})",
            f"size = min({share} * self.equity / free, 0.9999) if free > 0 else 0",
        ]
