"""The nouns of the engine: frozen data, no behaviour beyond what derives from the fields."""

import hashlib
from collections.abc import Iterable, Mapping
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


# What a setting may be, both ends included; the API and the engine hold to the same. backtesting.py takes no commission
# of a tenth or more.
BROKER_RANGES: Mapping[str, tuple[float, float]] = {
    "cash": (1.0, 1e12),
    "commission": (0.0, 0.09),
    "spread": (0.0, 0.09),
    "margin": (0.001, 1.0),
}


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """The settings of a run; the names and meanings are those of `backtesting.Backtest`, but for two.

    `cash` is in units of the quote currency, `commission` and `spread` are fractions of the price,
    `margin` is the required margin ratio (1 is no leverage). `fills` says by which rules orders are filled:
    `conservative`, or `backtesting` for those of backtesting.py. `fractional` says whether parts of a unit are traded:
    `auto` where the market does.
    """

    cash: float = 10_000.0
    commission: float = 0.002
    spread: float = 0.0
    margin: float = 1.0
    fills: str = "conservative"
    fractional: bool | str = "auto"
    trade_on_close: bool = False
    exclusive_orders: bool = False
    hedging: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as the CLI and the API show them."""
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
    same numbers. Bars before `trade_from` (aware, UTC) only warm indicators up; None is the first bar.
    """

    symbol: str
    interval: str
    source: str
    bars: pd.DataFrame
    fingerprint: str
    notices: tuple[Notice, ...] = ()
    trade_from: datetime | None = None

    @property
    def start(self) -> datetime:
        """Time of the first bar, aware, UTC."""
        return _utc(self.bars.index[0])

    @property
    def end(self) -> datetime:
        """Time of the last bar, aware, UTC."""
        return _utc(self.bars.index[-1])

    @property
    def warm_up(self) -> int:
        """How many bars stand before the first one on which trading may begin."""
        if self.trade_from is None:
            return 0
        return int(self.bars.index.searchsorted(pd.Timestamp(self.trade_from.astimezone(UTC).replace(tzinfo=None))))

    @property
    def first_traded(self) -> datetime:
        """Time of the first bar on which trading may begin, aware, UTC."""
        return _utc(self.bars.index[self.warm_up])

    def __len__(self) -> int:
        return len(self.bars)


def _utc(stamp: pd.Timestamp) -> datetime:
    moment: datetime = stamp.to_pydatetime().replace(tzinfo=UTC)
    return moment


@dataclass(frozen=True, kw_only=True)
class Trade:
    """One closed trade. Sizes are units (negative is short), prices and `pnl` quote currency, `return_pct` percent.

    `exit_reason` is `stop_loss`, `take_profit`, `closed` (by the strategy), `opposite_order`, `wiped_out` or
    `end_of_data`. `same_bar` is true where the trade was stopped on the bar that it was opened on and that bar may have
    gone the other way round.
    """

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
    exit_reason: str | None = None
    same_bar: bool = False


@dataclass(frozen=True, kw_only=True)
class LostOrders:
    """Entry orders that came to nothing for one reason: how many, and the first of them.

    `figures` are those of the first: `size` (signed; a fraction or units), its prices, and for orders that could not be
    paid `unit_cost` (price of a unit with spread and commission), `smallest` (size), `needed` and `available` (money,
    before leverage) and `power` (what is available with leverage).
    """

    reason: str
    count: int
    first_bar: int
    first_at: datetime
    message: str
    figures: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the orders as the CLI and the API show them."""
        return asdict(self) | {"first_at": self.first_at.isoformat().replace("+00:00", "Z")}


@dataclass(frozen=True, kw_only=True)
class OrderSummary:
    """What became of the entry orders: all of `placed` are `filled` or `lost` by reason (a refused one was not placed).

    `unit` is the smallest size that was traded: 1, or the market's own step.
    """

    placed: int = 0
    filled: int = 0
    lost: tuple[LostOrders, ...] = ()
    unit: float = 1.0

    @property
    def unpaid(self) -> tuple[LostOrders, ...]:
        """Orders that the account could not pay."""
        return tuple(lost for lost in self.lost if lost.reason in ("below_one_unit", "no_cash", "margin"))

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as the CLI and the API show it."""
        lost = {item.reason: item.as_dict() for item in self.lost}
        return {"placed": self.placed, "filled": self.filled, "unit": self.unit, "lost": lost}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was checked about a result: how it came out, and how far the check went.

    `status` is `passed`, `failed` or `unknown`. `scope` is a sentence for people; `details` has the figures.
    """

    name: str
    status: str
    scope: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the check as the CLI and the API show it, without its name."""
        return {"status": self.status, "scope": self.scope, "details": dict(self.details)}


def verdict(checks: Iterable[Check]) -> bool | None:
    """Return False where a check failed, None where one could not be made or none was, else True."""
    statuses = {check.status for check in checks}
    if "failed" in statuses:
        return False
    return True if statuses == {"passed"} else None


@dataclass(frozen=True, kw_only=True, eq=False)
class BacktestResult:
    """What one execution gave, all of it computed on the trusted side.

    `metrics` are statistics by name (`simulation/statistics.py` defines them), finite numbers or None, and
    `metrics_notes` says why one is None. `equity` is a frame indexed by bar time with `equity` (quote currency),
    `drawdown_pct` (0 to 100) and `drawdown_duration_seconds` columns. `orders` says what became of the orders.
    `path` is `fast` or `sandbox`, `path_reason` why a specification was run in the sandbox, `path_differences` what the
    two differed in where both were taken. `checks` says what was checked and how far; `verified` sums them up: False
    when one found a reason not to believe the numbers, None when one could not be made.
    """

    metrics: Mapping[str, float | int | str | None]
    trades: tuple[Trade, ...]
    equity: pd.DataFrame
    broker: BrokerSettings
    parameters: Mapping[str, Any]
    dataset: Dataset
    warnings: tuple[Notice, ...] = ()
    checks: tuple[Check, ...] = ()
    verified: bool | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    orders: OrderSummary = OrderSummary()
    metrics_notes: Mapping[str, str] = field(default_factory=dict)
    path: str = "sandbox"
    path_reason: str | None = None
    path_differences: tuple[str, ...] = ()

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
