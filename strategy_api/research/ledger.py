"""The ledger: every evaluated candidate of a goal is counted once, however many writers there are."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, QuerySet, Sum

from backtest_engine.domain import Dataset
from backtest_engine.research.statistics.sharpe import Moments, Tries
from strategy_api.common.storable import storable
from strategy_api.research.models import Goal, Trial
from strategy_api.strategies.models import StrategyVersion

BATCH = 2_000
# Readings of one sentence are no tries at luck: nobody chooses among them by what they earn.
NOT_COUNTED = ("spread",)


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Which bars a candidate was evaluated on."""

    symbol: str
    interval: str
    fingerprint: str
    first_bar_at: datetime
    last_bar_at: datetime


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A candidate that was evaluated. `parameters` are all of them, not those that were varied alone."""

    spec_hash: str
    parameters: Mapping[str, Any]
    bars: Bars
    moments: Moments
    trade_count: int
    return_pct: float | None


def bars_of(dataset: Dataset) -> Bars:
    """Return which bars a dataset trades."""
    return Bars(
        symbol=dataset.symbol,
        interval=dataset.interval,
        fingerprint=dataset.fingerprint,
        first_bar_at=dataset.first_traded,
        last_bar_at=dataset.end,
    )


def spec_hash(version: StrategyVersion) -> str:
    """Return the fingerprint of what a version means: of its specification, or of its code where it has none."""
    return version.sha256 if version.spec is None else hash_of_spec(version.spec)


def hash_of_spec(spec: Mapping[str, Any]) -> str:
    """Return the fingerprint of a specification as JSON."""
    return _sha256(spec)


def record(goal: Goal, evaluated: Iterable[Evaluated], *, origin: str) -> None:
    """Write candidates down, all with few statements; one that is known already stays as it is."""
    rows = {row.pk: row for row in (_trial(goal, one, origin) for one in evaluated)}
    fields = list(Trial._meta.concrete_fields)
    quote = connection.ops.quote_name
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    # One statement for all: the ORM's own needs one for each 50 rows where the database is SQLite.
    statement = f"INSERT INTO {quote(Trial._meta.db_table)} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    # In one order for all: two writers of the same rows must not wait for each other.
    values = [
        [field.get_db_prep_save(getattr(rows[pk], field.attname), connection) for field in fields]
        for pk in sorted(rows)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(statement, values)


def trial_id(goal: Goal, one: Evaluated) -> uuid.UUID:
    """Return the id of a candidate: the same for the same."""
    span = [one.bars.first_bar_at.isoformat(), one.bars.last_bar_at.isoformat()]
    named = [str(goal.pk), one.spec_hash, _plain(one.parameters), one.bars.fingerprint, *span]
    return uuid.UUID(_sha256(named)[:32])


def counted(goal: Goal) -> QuerySet[Trial]:
    """Return the tries of a goal that count for luck."""
    return Trial.objects.filter(goal=goal).exclude(origin__in=NOT_COUNTED)


def tries_on(goal: Goal, bars: Bars) -> Tries:
    """Return the tries on these bars: of the same market and interval, with a span that overlaps."""
    same = counted(goal).filter(
        symbol=bars.symbol,
        interval=bars.interval,
        first_bar_at__lte=bars.last_bar_at,
        last_bar_at__gte=bars.first_bar_at,
    )
    found = same.aggregate(
        count=Count("pk"),
        known=Count("sharpe_per_bar"),
        total=Sum("sharpe_per_bar"),
        squares=Sum(F("sharpe_per_bar") * F("sharpe_per_bar")),
    )
    known, total = found["known"], found["total"] or 0.0
    spread = (found["squares"] or 0.0) - total * total / known if known > 1 else 0.0
    return Tries(count=max(found["count"], 1), variance=max(spread, 0.0) / (known - 1) if known > 1 else 0.0)


def _trial(goal: Goal, one: Evaluated, origin: str) -> Trial:
    return Trial(
        id=trial_id(goal, one),
        goal=goal,
        spec_hash=one.spec_hash,
        parameters=storable(dict(one.parameters)),
        symbol=one.bars.symbol,
        interval=one.bars.interval,
        dataset_fingerprint=one.bars.fingerprint,
        first_bar_at=one.bars.first_bar_at,
        last_bar_at=one.bars.last_bar_at,
        sharpe_per_bar=one.moments.sharpe,
        bars=one.moments.bars,
        skew=one.moments.skew,
        kurtosis=one.moments.kurtosis,
        trade_count=one.trade_count,
        return_pct=one.return_pct,
        origin=origin,
    )


def _sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with 30.0 written as 30: the same number is the same candidate."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in parameters.items()
    }
