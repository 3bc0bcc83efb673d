"""Every ledger keeps the same promises: in memory, in SQLite, and in Redis."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest_engine.key_rotation import (
    Busy,
    Candidate,
    Ledger,
    Limits,
    MemoryLedger,
    Reservation,
    SqliteLedger,
    Window,
)
from strategy_api.llm.redis_ledger import RedisLedger
from tests.fakes.quotas import Clock, arrivals, worst_window

NOW = 1_790_000_000.0
MODEL = "m"
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/7")

MakeLedger = Callable[..., Ledger]


def _redis() -> redis.Redis:
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        client.ping()
    except redis.RedisError:
        client.close()
        pytest.skip("no Redis answers at TEST_REDIS_URL")
    return client


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeLedger]:
    """Build empty ledgers of one kind, with a clock of the test's."""
    made = iter(range(10**6))
    if request.param != "redis":
        kinds = {
            "memory": lambda clock, window=None: MemoryLedger(clock=clock, window=window),
            "sqlite": lambda clock, window=None: SqliteLedger(
                tmp_path / f"{next(made)}.sqlite3", clock=clock, window=window
            ),
        }
        yield kinds[request.param]
        return
    client = _redis()
    prefix = f"{{test-{random.getrandbits(64)}}}"
    yield lambda clock, window=None: RedisLedger(client, clock=clock, window=window, prefix=f"{prefix}:{next(made)}")
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)
    client.close()


def candidates(count: int, **limits: int) -> list[Candidate]:
    return [Candidate(fingerprint=f"key_{n}", project=f"p:{n}", limits=Limits(**limits)) for n in range(count)]


class TestLedger:
    @given(seed=st.integers(0, 2**32))
    @settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_window_ever_exceeds_a_limit(self, make: MakeLedger, seed: int) -> None:
        chance = random.Random(seed)
        limits = {
            "requests_per_minute": chance.randint(1, 8),
            "tokens_per_minute": chance.randint(60, 400),
            "requests_per_day": chance.choice([5, 10_000]),
        }
        clock = Clock(NOW + chance.uniform(0, 90_000))
        ledger = make(clock, Window(slot=chance.choice([0.5, 2.0])))

        sent = arrivals(ledger, clock, candidates(2, **limits), chance, 60)

        assert worst_window(sent, 60.0, "requests") <= limits["requests_per_minute"]
        assert worst_window(sent, 60.0, "tokens") <= limits["tokens_per_minute"]
        assert worst_window(sent, None, "requests") <= limits["requests_per_day"]

    @given(seed=st.integers(0, 2**32))
    @settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_decides_as_the_ledger_in_memory_does(self, make: MakeLedger, seed: int) -> None:
        """Same traffic, same answers: bookings, refusals with their reasons and times, and health."""
        logs = []
        for build in (make, lambda clock: MemoryLedger(clock=clock)):
            clock, chance = Clock(NOW), random.Random(seed)
            ledger, asked = build(clock), candidates(3, requests_per_minute=3, tokens_per_minute=120)
            log: list[object] = []
            for _ in range(60):
                clock.now += round(chance.expovariate(0.3), 3)
                self._act(ledger, chance, asked, log)
            log.append(ledger.states(asked, models=[MODEL]))
            logs.append(log)

        assert self._rounded(logs[0]) == self._rounded(logs[1])

    def _act(self, ledger: Ledger, chance: random.Random, asked: list[Candidate], log: list[object]) -> None:
        try:
            booked = ledger.reserve(
                asked, model=MODEL, tokens=chance.randint(1, 130), ticket=f"ticket {chance.randint(0, 5)}"
            )
        except Busy as busy:
            log.append((busy.reason, busy.retry_at))
            return
        log.append((booked.fingerprint, booked.slot, booked.days, booked.stumbles))
        match chance.randint(0, 9):
            case 0:
                ledger.give_back(booked)
            case 1:
                ledger.rest(booked.project, MODEL, seconds=chance.choice([3.0, 30.0, None]), reason="minute_quota")
            case 2:
                ledger.quarantine(booked.fingerprint, seconds=20.0, reason="key_denied")
            case 3:
                ledger.learn(booked.project, MODEL, {"requests_per_minute": 2})
            case 4:
                log.append(ledger.stumble(booked))
            case 5:
                ledger.recovered(MODEL)
            case _:
                ledger.settle(booked, tokens=chance.randint(1, booked.tokens))

    def _rounded(self, value: object) -> object:
        if isinstance(value, float):
            return round(value, 3)
        if isinstance(value, dict):
            return {name: self._rounded(inner) for name, inner in value.items()}
        return [self._rounded(inner) for inner in value] if isinstance(value, list | tuple) else value

    def test_threads_together_take_no_more_than_the_limit(self, make: MakeLedger) -> None:
        ledger = make(Clock(NOW))
        asked = candidates(2)

        def attempt(_: int) -> bool:
            try:
                ledger.reserve(asked, model=MODEL, tokens=1)
            except Busy:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            served = sum(pool.map(attempt, range(120)))

        assert served == 30

    def test_those_who_wait_are_sent_to_openings_of_their_own(self, make: MakeLedger) -> None:
        """In the order in which they came, and each finds its opening free."""
        clock = Clock(NOW)
        ledger = make(clock)
        asked = candidates(2, requests_per_minute=2)
        for _ in range(4):
            ledger.reserve(asked, model=MODEL, tokens=1)
            clock.now += 5

        turns = {}
        for ticket in "abcdef":
            with pytest.raises(Busy) as busy:
                ledger.reserve(asked, model=MODEL, tokens=1, ticket=ticket)
            turns[ticket] = busy.value.retry_at

        assert list(turns.values()) == sorted(set(turns.values()))
        assert turns["e"] - turns["a"] == pytest.approx(ledger.window.hold * ledger.window.slot)
        for ticket, turn in turns.items():
            clock.now = turn
            with pytest.raises(Busy):
                ledger.reserve(asked, model=MODEL, tokens=1, ticket=f"newer than {ticket}")
            ledger.reserve(asked, model=MODEL, tokens=1, ticket=ticket)

    def test_an_opening_is_not_kept_for_ever(self, make: MakeLedger) -> None:
        clock = Clock(NOW)
        ledger = make(clock)
        asked = candidates(1, requests_per_minute=1)
        ledger.reserve(asked, model=MODEL, tokens=1)
        with pytest.raises(Busy) as busy:
            ledger.reserve(asked, model=MODEL, tokens=1, ticket="never comes back")

        clock.now = busy.value.retry_at + 5.5

        ledger.reserve(asked, model=MODEL, tokens=1, ticket="somebody new")

    def test_models_have_quotas_of_their_own(self, make: MakeLedger) -> None:
        ledger = make(Clock(NOW))
        asked = candidates(1, requests_per_minute=1)
        ledger.reserve(asked, model="a", tokens=1)

        ledger.reserve(asked, model="b", tokens=1)

        with pytest.raises(Busy):
            ledger.reserve(asked, model="a", tokens=1)

    def test_what_was_learned_is_forgotten_after_a_day(self, make: MakeLedger) -> None:
        clock = Clock(NOW)
        ledger = make(clock)
        ledger.learn("p:0", MODEL, {"requests_per_minute": 1})
        ledger.reserve(candidates(1), model=MODEL, tokens=1)
        with pytest.raises(Busy):
            ledger.reserve(candidates(1), model=MODEL, tokens=1)

        clock.now += 86_401

        assert isinstance(ledger.reserve(candidates(1), model=MODEL, tokens=1), Reservation)
        ledger.reserve(candidates(1), model=MODEL, tokens=1)

    def test_a_key_comes_back_after_its_quarantine(self, make: MakeLedger) -> None:
        clock = Clock(NOW)
        ledger = make(clock)
        ledger.quarantine("key_0", seconds=10, reason="key_denied")
        with pytest.raises(Busy) as held:
            ledger.reserve(candidates(1), model=MODEL, tokens=1)

        clock.now = held.value.retry_at

        assert held.value.reason == "key_denied"
        ledger.reserve(candidates(1), model=MODEL, tokens=1)


DYING = """
import os, sys
from pathlib import Path
from backtest_engine.key_rotation import Candidate, Limits, SqliteLedger
import time
ledger = SqliteLedger(Path(sys.argv[1]), clock=time.time)
asked = [Candidate(fingerprint="k", project="p", limits=Limits(requests_per_minute=3))]
ledger.reserve(asked, model="m", tokens=1)
with ledger._open([("p", "m")]) as (books, _):
    books["p", "m"].slots.clear()
    os._exit(9)
"""


class TestAfterACrash:
    def test_the_booking_stands_and_the_half_written_step_does_not(self, tmp_path: Path) -> None:
        """A worker killed inside a step leaves neither a lock nor half of it."""
        file = tmp_path / "quotas.sqlite3"
        died = subprocess.run([sys.executable, "-c", DYING, str(file)], check=False, timeout=60)
        ledger = SqliteLedger(file, clock=time.time)

        (row,) = ledger.states(
            [Candidate(fingerprint="k", project="p", limits=Limits(requests_per_minute=3))], models=["m"]
        )

        assert died.returncode == 9
        assert row["requests_this_minute"] == 1


class TestRedisLedger:
    def test_uses_the_clock_of_redis(self) -> None:
        client = _redis()
        prefix = f"{{test-{random.getrandbits(64)}}}"
        ledger = RedisLedger(client, prefix=prefix)
        try:
            for _ in range(2):
                ledger.reserve(candidates(1, requests_per_minute=2), model=MODEL, tokens=1)
            with pytest.raises(Busy) as busy:
                ledger.reserve(candidates(1, requests_per_minute=2), model=MODEL, tokens=1)

            assert 58 < busy.value.retry_at - time.time() < 64
            assert all(client.ttl(key) > 0 for key in client.scan_iter(f"{prefix}*"))
        finally:
            client.delete(*client.scan_iter(f"{prefix}*"))
            client.close()
