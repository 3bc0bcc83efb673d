"""Settings → language models: which are asked, in what order, with whose keys, and who writes it down.

The only models that leave this module are recorded ones, and what is sent without a record the transport refuses.
"""

import logging
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings

from backtest_engine.key_rotation import InvalidKeys, KeyPool, Ledger, Limits, SqliteLedger, read_keys
from backtest_engine.llm import (
    PROVIDERS,
    BackgroundLoop,
    Connection,
    ModelClient,
    Price,
    PriceList,
    Provider,
    recorded,
)
from backtest_engine.llm import replayed as replayed_client
from backtest_engine.llm.retired_gemini import RETIRED
from backtest_engine.ports import CancelSignal
from strategy_api.common.lazy import lazily
from strategy_api.llm.call_log import Budget, CallLog, recorded_answers
from strategy_api.llm.redis_ledger import RedisLedger
from strategy_api.runs.models import Run

if TYPE_CHECKING:
    from backtest_engine.generate.model import ModelGenerator

logger = logging.getLogger(__name__)

# Only workers generate: the web server does not load what reads and compiles strategies.
model_generator = lazily("backtest_engine.generate.model.ModelGenerator")

# Their limits are an account's, generous and unknown: what they refuse is learned.
UNMETERED = Limits(requests_per_minute=100_000, tokens_per_minute=10**9, requests_per_day=10**8)
# A call that has not ended after this many of its time limits has lost its worker.
LOST_AFTER_TIMEOUTS = 2
NO_KEY = "no-key-is-needed-on-this-machine"


@dataclass(frozen=True, kw_only=True)
class Configured:
    """A model that can be asked, by `model`, and the keys that it is asked with."""

    provider: str
    name: str
    pool: KeyPool
    _client: ModelClient


def generators(run: Run, cancelled: CancelSignal) -> "dict[str, ModelGenerator]":
    """Return the generators that this installation's models make possible for a run: all of them, and each vendor's."""
    chain = configured()
    names = ["model", *dict.fromkeys(entry.provider for entry in chain)] if chain else []
    made = {}
    for name in names:
        links = [entry for entry in chain if name in ("model", entry.provider)]
        made[name] = model_generator(_chain(links, run), name=name, cancelled=cancelled)
    return made


def model(run: Run) -> ModelClient | None:
    """Return the chain of all models, recorded and paid for by a run; None when no model can be asked.

    An agent is given `model(run).model(purpose=…)` and runs by `model(run).run(…)`.
    """
    return _chain(configured(), run) if configured() else None


def configured() -> tuple[Configured, ...]:
    """Return the models that have what they need, in the configured order. Each process builds its own."""
    return _configured(os.getpid())


def budget() -> Budget:
    """Return what may be spent a day."""
    environment = settings.ENVIRONMENT
    return Budget(
        daily_usd=environment.llm_daily_budget_usd,
        user_daily_usd=environment.llm_user_daily_budget_usd,
        threshold=environment.llm_budget_threshold,
    )


def key_states() -> list[dict[str, Any]]:
    """Return the health of every key for every configured model, by fingerprint."""
    return [{"provider": entry.provider, **row} for entry in configured() for row in entry.pool.states([entry.name])]


def replayed(run: Run) -> "dict[str, ModelGenerator]":
    """Return generators that answer from what a finished run was answered, and ask nobody."""
    answers = recorded_answers(run)
    links = dict.fromkeys(run.llm_calls.order_by("created_at").values_list("provider", "model"))
    if not links:
        return {}
    return {"model": model_generator(replayed_client(answers, list(links), loop=_loop(os.getpid())))}


def close() -> None:
    """Close this process's connections, and forget what was built from the settings."""
    _loop(os.getpid()).close()
    _loop.cache_clear()
    _configured.cache_clear()
    _ledger.cache_clear()


def _chain(entries: Sequence[Configured], run: Run) -> ModelClient:
    environment = settings.ENVIRONMENT
    log = CallLog(
        run=run,
        budget=budget(),
        keep=timedelta(days=environment.llm_cache_days),
        lost_after=timedelta(seconds=LOST_AFTER_TIMEOUTS * environment.llm_timeout_seconds),
    )
    clients = [entry._client for entry in entries]
    return recorded(clients, log=log, prices=price_list(), short_of_money=log.short_of_money)


def price_list() -> PriceList:
    """Return the configured prices over the known ones."""
    rows: Mapping[str, Any] = settings.ENVIRONMENT.llm_prices
    return PriceList({name: Price(input=prices[0], output=prices[1]) for name, prices in rows.items()})


@cache
def _configured(pid: int) -> tuple[Configured, ...]:
    environment = settings.ENVIRONMENT
    try:
        secrets = settings.SECRET_STORE.read() if environment.llm_models else {}
    except InvalidKeys as error:
        logger.warning("No model can be asked: %s", error)
        return ()
    entries = []
    for described in environment.llm_models:
        vendor, _, name = described.partition(":")
        provider = PROVIDERS.get(vendor)
        if provider is None:
            logger.warning("There is no provider of language models called %s", vendor)
            continue
        try:
            pool = _pool(provider, secrets, pid)
        except InvalidKeys as error:
            logger.warning("%s cannot be asked: %s", described, error)
            continue
        if pool is not None:
            connection = Connection(
                keys=pool,
                loop=_loop(pid),
                base_url=_base_url(vendor),
                timeout=environment.llm_timeout_seconds,
                recorded_only=True,
            )
            build = RETIRED.build if _retired(vendor) else provider.build
            entries.append(Configured(provider=vendor, name=name, pool=pool, _client=build(name, connection)))
    return tuple(entries)


@cache
def _loop(pid: int) -> BackgroundLoop:
    return BackgroundLoop()


def _retired(vendor: str) -> bool:
    return vendor == "gemini" and settings.ENVIRONMENT.gemini_sdk == "google-generativeai"


def _base_url(vendor: str) -> str | None:
    return getattr(settings.ENVIRONMENT, f"{vendor}_base_url") or None


def _pool(provider: Provider, secrets: Mapping[str, str], pid: int) -> KeyPool | None:
    """Return the vendor's keys; None where it has none and needs one, or has no address."""
    environment = settings.ENVIRONMENT
    prefix = provider.name.upper()
    if provider.own_machine:
        if _base_url(provider.name) is None:
            return None
        # A server on one's own machine wants some key, any key; one that no answer happens to hold.
        secrets = {f"{prefix}_API_KEY": NO_KEY, **{name: value for name, value in secrets.items() if value}}
    keys = read_keys(secrets, prefix=prefix)
    if not keys:
        return None
    metered = provider.name == "gemini"
    limits = Limits(
        requests_per_minute=environment.gemini_requests_per_minute,
        tokens_per_minute=environment.gemini_tokens_per_minute,
        requests_per_day=environment.gemini_requests_per_day,
    )
    by_model = {name: Limits(**{**vars(limits), **own}) for name, own in environment.gemini_limits.items()}
    return KeyPool(
        keys if environment.enable_key_rotation else keys[:1],
        ledger=_ledger(pid),
        clock=time.time,
        jitter=random.random,
        limits=limits if metered else UNMETERED,
        limits_by_model=by_model if metered else {},
        longest_wait=environment.llm_longest_wait_seconds,
    )


@cache
def _ledger(pid: int) -> Ledger:
    if settings.REDIS_URL:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)
        return RedisLedger(client)
    return SqliteLedger(settings.DATA_DIR / "quotas.sqlite3", clock=time.time)
