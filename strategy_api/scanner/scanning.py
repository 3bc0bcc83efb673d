"""A scan: bars from the feed, scores, and what of it is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from backtest_engine.data.interval import INTERVALS
from backtest_engine.errors import AlgoAgentError
from backtest_engine.feeds import Closed, Feed
from backtest_engine.scanner.scan import Market, Row, by_symbol, scan, scan_one
from backtest_engine.scanner.scorecard import HORIZONS, forward_return_pct
from strategy_api.runs.stored_topics import publish
from strategy_api.scanner.configs import topic_of
from strategy_api.scanner.feeds import BARS, AsOf, feed_of, loader
from strategy_api.scanner.models import AgentConfig, Alert, Signal

MOST_UNSETTLED = 2_000
RETURNS = {horizon: f"return_{horizon}_pct" for horizon in HORIZONS}


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What a scan found. `missing` names markets without bars, with the reason."""

    rows: list[Row]
    missing: list[dict[str, str]]
    markets: Mapping[tuple[str, str], Closed] = field(default_factory=dict)
    clock: datetime | None = None


def look(config: AgentConfig, *, now: datetime, as_of: datetime | None = None) -> Scanned:
    """Score all markets of an agent: as its feed has them now, or as they were at a moment of the past."""
    feed: Feed = AsOf(loader(config.owner_id), as_of) if as_of else feed_of(config, now=now)
    return look_at(feed, config.symbols, config.intervals, config.weights)


def look_at(feed: Feed, symbols: Sequence[str], intervals: Sequence[str], weights: Mapping[str, float]) -> Scanned:
    """Score markets."""
    markets: dict[tuple[str, str], Closed] = {}
    missing = []
    for symbol in symbols:
        for interval in intervals:
            try:
                markets[symbol, interval] = feed.closed(symbol, INTERVALS[interval], count=BARS)
            except AlgoAgentError as error:
                missing.append({"symbol": symbol, "interval": interval, "code": error.code, "message": error.message})
    rows = scan(
        (
            Market(symbol=symbol, interval=interval, bars=closed.bars, age_seconds=closed.age_seconds)
            for (symbol, interval), closed in markets.items()
        ),
        weights,
    )
    scored = {(row.symbol, row.interval) for row in rows}
    missing += [
        {
            "symbol": symbol,
            "interval": interval,
            "code": "too_few_bars",
            "message": f"{len(closed.bars)} bars are too few for every factor.",
        }
        for (symbol, interval), closed in markets.items()
        if (symbol, interval) not in scored
    ]
    clock = max((closed.clock for closed in markets.values()), default=None)
    return Scanned(rows=rows, missing=missing, markets=markets, clock=clock)


def described(config: AgentConfig, scanned: Scanned) -> dict[str, Any]:
    """Return a scan as a run's result."""
    return {
        "rows": [row.as_dict() for row in scanned.rows],
        "symbols": by_symbol(scanned.rows, config.interval_weights),
        "missing": scanned.missing,
        "clock": scanned.clock.isoformat().replace("+00:00", "Z") if scanned.clock else None,
        "feed": config.feed,
        "preset": config.preset,
        "weights": config.weights,
    }


@transaction.atomic
def record(config_id: int, scanned: Scanned, *, began: datetime, session_at: datetime) -> int:
    """Store the signals of new bars, settle old ones, tell who listens; return how many are new.

    A bar that was signalled sends nothing, and neither does one older than the last: a market that restates its past
    does not signal it again. Nothing is stored of a scan whose agent was set to other markets meanwhile.
    """
    config = AgentConfig.objects.select_for_update().get(pk=config_id)
    if config.session_at != session_at:
        return 0
    now = timezone.now()
    seen = dict(config.seen)
    signals = []
    for row in scanned.rows:
        key, bar_at = f"{row.symbol}|{row.interval}", row.bar_at.replace(tzinfo=UTC)
        if key in seen and bar_at <= datetime.fromisoformat(seen[key]):
            continue
        seen[key] = bar_at.isoformat()
        signals.append(_signal(config, row, bar_at))
    if config.enabled and signals:
        Signal.objects.bulk_create(signals, ignore_conflicts=True)
        config.seen = seen
        _alert(config, signals)
    else:
        signals = []
    _settle(config, scanned)
    config.last_scan_at = began
    if config.enabled:
        config.next_scan_at = began + timedelta(seconds=config.seconds)
    config.save(update_fields=["seen", "last_scan_at", "next_scan_at"])
    rows = {f"{row.symbol}|{row.interval}": row.as_dict() for row in scanned.rows}
    told = [("signal", shown(signal)) for signal in signals]
    publish(topic_of(config.owner_id), [*told, ("scan.finished", _told(scanned, len(signals), now))], states=rows)
    return len(signals)


def shown(signal: Signal) -> dict[str, Any]:
    """Return a signal as it is streamed."""
    return {
        "id": str(signal.pk),
        "symbol": signal.symbol,
        "interval": signal.interval,
        "score": signal.score,
        "label": signal.label,
        "contributions": signal.contributions,
        "missing": signal.missing,
        "bar_at": signal.bar_at.isoformat().replace("+00:00", "Z"),
        "age_seconds": signal.age_seconds,
        "flips": signal.flips,
        "price": signal.price,
        "feed": signal.feed,
    }


def _told(scanned: Scanned, count: int, now: datetime) -> dict[str, Any]:
    return {
        "rows": len(scanned.rows),
        "signals": count,
        "missing": len(scanned.missing),
        "at": now.isoformat().replace("+00:00", "Z"),
    }


def _signal(config: AgentConfig, row: Row, bar_at: datetime) -> Signal:
    said = row.as_dict()
    return Signal(
        owner_id=config.owner_id,
        feed=config.feed,
        session_at=config.session_at,
        bar_at=bar_at,
        preset=config.preset,
        **{
            name: said[name]
            for name in (
                *("symbol", "interval", "price", "score", "label", "contributions", "missing", "flips", "age_seconds"),
            )
        },
    )


def _alert(config: AgentConfig, signals: Sequence[Signal]) -> None:
    if config.alert_threshold is None:
        return
    crossed = [signal for signal in signals if abs(signal.score) >= config.alert_threshold]
    kept = Signal.objects.filter(pk__in=[signal.pk for signal in crossed], alert=None)
    Alert.objects.bulk_create((Alert(signal=signal, url=config.webhook_url) for signal in kept), ignore_conflicts=True)
    told = [("alert", {"threshold": config.alert_threshold, **shown(signal)}) for signal in crossed]
    if told:
        publish(topic_of(config.owner_id), told)


def _settle(config: AgentConfig, scanned: Scanned) -> None:
    """Fill in what came after signals of this session, as far as it has."""
    unsettled = Signal.objects.filter(owner_id=config.owner_id, session_at=config.session_at, return_20_pct=None)
    changed = []
    for signal in unsettled.order_by("created_at")[:MOST_UNSETTLED]:
        closed = scanned.markets.get((signal.symbol, signal.interval))
        if closed is None:
            continue
        bars = closed.bars
        place = int(bars.index.searchsorted(signal.bar_at.replace(tzinfo=None)))
        if place >= len(bars) or bars.index[place] != signal.bar_at.replace(tzinfo=None):
            continue
        for horizon, name in RETURNS.items():
            if getattr(signal, name) is None:
                setattr(signal, name, forward_return_pct(bars["Close"].to_numpy(), place, horizon))
        changed.append(signal)
    if changed:
        Signal.objects.bulk_update(changed, list(RETURNS.values()))


def score_one(feed: Feed, symbol: str, interval: str, weights: Mapping[str, float]) -> Row:
    """Score one market; raise what the feed raises, and `InvalidData` where there are too few bars."""
    closed = feed.closed(symbol, INTERVALS[interval], count=BARS)
    market = Market(symbol=symbol, interval=interval, bars=closed.bars, age_seconds=closed.age_seconds)
    return scan_one(market, weights)
