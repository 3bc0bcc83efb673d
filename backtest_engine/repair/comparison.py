"""Whether two strategies trade alike on the same bars."""

from dataclasses import dataclass

from backtest_engine.domain import BacktestResult, Trade

EQUITY_TOLERANCE = 0.005


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How two runs compare; `difference` says in words where they part, and is empty where they do not."""

    difference: str = ""
    bar: int | None = None

    @property
    def alike(self) -> bool:
        """Whether they trade alike: as many trades each way, and final equity within half a percent."""
        return not self.difference


def compare(result: BacktestResult, intended: BacktestResult) -> Comparison:
    """Compare a run with the run of what was asked."""
    mine, meant = result.trades, intended.trades
    parting = _parting(mine, meant)
    if len(mine) != len(meant):
        return Comparison(
            difference=(
                f"It makes {_counted(mine)}, where the description makes {_counted(meant)}.{_shown(intended, parting)}"
            ),
            bar=parting,
        )
    equity, expected = _equity(result), _equity(intended)
    if sum(trade.size > 0 for trade in mine) != sum(trade.size > 0 for trade in meant):
        return Comparison(difference=f"It trades in another direction.{_shown(intended, parting)}", bar=parting)
    if expected and abs(equity / expected - 1) > EQUITY_TOLERANCE:
        said = f"It ends with {equity:,.2f}, where the description ends with {expected:,.2f}."
        return Comparison(difference=said + _shown(intended, parting), bar=parting)
    return Comparison()


def _counted(trades: tuple[Trade, ...]) -> str:
    return "one trade" if len(trades) == 1 else f"{len(trades) or 'no'} trades"


def _equity(result: BacktestResult) -> float:
    value = result.metrics.get("equity_final")
    return float(value) if isinstance(value, int | float) else float(result.equity["equity"].iloc[-1])


def _parting(mine: tuple[Trade, ...], meant: tuple[Trade, ...]) -> int | None:
    first = sorted(mine, key=_place)
    second = sorted(meant, key=_place)
    for one, other in zip(first, second, strict=False):
        if (one.entry_bar, one.exit_bar, one.size > 0) != (other.entry_bar, other.exit_bar, other.size > 0):
            differ = one.entry_bar != other.entry_bar
            return min(one.entry_bar, other.entry_bar) if differ else min(one.exit_bar, other.exit_bar)
    longer = first if len(first) > len(second) else second
    return longer[min(len(first), len(second))].entry_bar if len(first) != len(second) else None


def _place(trade: Trade) -> tuple[int, int]:
    return trade.entry_bar, trade.exit_bar


def _shown(intended: BacktestResult, bar: int | None) -> str:
    if bar is None or not 0 <= bar < len(intended.dataset):
        return ""
    return f" They part at the bar of {intended.dataset.bars.index[bar]}."
