"""The nouns of the engine: frozen data, no behaviour beyond what derives from the fields."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

OHLCV = ("Open", "High", "Low", "Close", "Volume")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something the reader of a result must know: a stable code, a sentence, and facts for machines."""

    code: str
    message: str
    line: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the notice as the CLI and the API show it."""
        shown: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.line is not None:
            shown["line"] = self.line
        if self.details:
            shown["details"] = dict(self.details)
        return shown


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """How orders are filled; the names and meanings are those of `backtesting.Backtest`.

    `cash` is in units of the quote currency, `commission` and `spread` are fractions of the price,
    `margin` is the required margin ratio (1 is no leverage).
    """

    cash: float = 10_000.0
    commission: float = 0.002
    spread: float = 0.0
    margin: float = 1.0
    trade_on_close: bool = False
    hedging: bool = False
    exclusive_orders: bool = False
    finalize_trades: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the keyword arguments for `backtesting.Backtest`."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one strategy run may use."""

    wall_seconds: float = 20.0
    cpu_seconds: int = 20
    memory_bytes: int = 512 << 20
    output_bytes: int = 16 << 20
    log_bytes: int = 64 << 10
    orders: int = 100_000
    replay_seconds: float = 20.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Bars that a strategy is tested on.

    `bars` is a frame with float64 columns `Open High Low Close Volume` and a unique, increasing, time-zone-naive
    UTC `DatetimeIndex`. `fingerprint` is the SHA-256 (hex) of exactly these bars: the same fingerprint is the
    same numbers.
    """

    symbol: str
    interval: str
    source: str
    bars: pd.DataFrame
    fingerprint: str
    notices: tuple[Notice, ...] = ()

    @property
    def start(self) -> datetime:
        """Time of the first bar, aware, UTC."""
        return _utc(self.bars.index[0])

    @property
    def end(self) -> datetime:
        """Time of the last bar, aware, UTC."""
        return _utc(self.bars.index[-1])

    def __len__(self) -> int:
        return len(self.bars)


def _utc(stamp: pd.Timestamp) -> datetime:
    moment: datetime = stamp.to_pydatetime().replace(tzinfo=UTC)
    return moment


@dataclass(frozen=True, kw_only=True)
class Trade:
    """One closed trade. Sizes are units (negative is short), prices and `pnl` quote currency, `return_pct` percent."""

    size: float
    entry_bar: int
    exit_bar: int
    entry_time: datetime
    exit_time: datetime
    entry_price: float
    exit_price: float
    stop_loss: float | None
    take_profit: float | None
    pnl: float
    commission: float
    return_pct: float
    tag: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class BacktestResult:
    """What one execution gave, all of it computed on the trusted side.

    `metrics` are backtesting.py's statistics in snake case, finite numbers or None. `equity` is a frame indexed by
    bar time with `equity` (quote currency), `drawdown_pct` (0 to 100) and `drawdown_duration_seconds` columns.
    `verified` is False when a check found a reason not to believe the numbers, None when nothing was checked.
    """

    metrics: Mapping[str, float | int | str | None]
    trades: tuple[Trade, ...]
    equity: pd.DataFrame
    broker: BrokerSettings
    parameters: Mapping[str, Any]
    dataset: Dataset
    warnings: tuple[Notice, ...] = ()
    verified: bool | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    log: str = ""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Everything that a reader must know: of the data first, then of the run."""
        return (*self.dataset.notices, *self.warnings)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A strategy that a generator wrote: code, and where it came from.

    `spec` is the JSON form of the `StrategySpec`, None where free code was needed. `settings` holds what the words say
    about how to run it: `symbol`, `interval`, `start`, `end`, `last` (`5y`), `cash`, `commission`, `leverage`.
    """

    name: str
    code: str
    origin: str
    spec: Mapping[str, Any] | None = None
    explanation: str = ""
    assumptions: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    prompt_version: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Fingerprint of the code."""
        return code_sha256(self.code)


def code_sha256(code: str) -> str:
    """Return the SHA-256 (hex) of source code; lone surrogates are kept, not refused."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
