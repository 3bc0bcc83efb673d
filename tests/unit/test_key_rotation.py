"""Keys, quotas, and the pool that chooses."""

import json
import pickle
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.errors import ModelUnavailable
from backtest_engine.key_rotation import (
    ApiKey,
    Busy,
    Candidate,
    FileStore,
    InvalidKeys,
    KeyPool,
    Limits,
    MemoryLedger,
    Window,
    next_pacific_midnight,
    pacific_day,
    read_gemini,
    read_keys,
)
from tests.fakes.gemini_errors import REFUSALS
from tests.fakes.quotas import Clock, arrivals, worst_window

NOW = 1_790_000_000.0
MODEL = "gemini-3.8-flash"


def candidates(count: int, limits: Limits | None = None) -> list[Candidate]:
    limits = limits or Limits()
    return [Candidate(fingerprint=f"key_{n}", project=f"project-{n}", limits=limits) for n in range(count)]


class TestApiKey:
    def test_never_shows_itself(self) -> None:
        key = ApiKey("AQ.secret-of-mine", name="main")

        assert "secret" not in f"{key!r} {key} {key.fingerprint} {vars(type(key)).get('__dict__')}"
        assert key.reveal() == "AQ.secret-of-mine"

    def test_cannot_be_pickled(self) -> None:
        with pytest.raises(TypeError, match="does not leave"):
            pickle.dumps(ApiKey("secret", name="main"))

    @pytest.mark.parametrize("secret", ["", "two words", "line\nbreak", "clé"])
    def test_refuses_what_no_header_could_carry(self, secret: str) -> None:
        with pytest.raises(InvalidKeys) as refused:
            ApiKey(secret, name="main")

        assert not secret or secret not in str(refused.value)


class TestReadKeys:
    def test_reads_keys_with_their_projects(self) -> None:
        variables = {"GEMINI_KEY_ONE": "a", "GEMINI_PROJECT_ONE": "shop", "GEMINI_KEY_TWO": "b", "OTHER_KEY_X": "c"}

        keys = read_keys(variables)

        assert [(key.name, key.project, key.reveal()) for key in keys] == [("one", "shop", "a"), ("two", "two", "b")]

    def test_takes_the_single_key_that_vendors_document(self) -> None:
        (key,) = read_keys({"GEMINI_API_KEY": "a"})

        assert key.name == "default"

    def test_leaves_out_empty_lines(self) -> None:
        assert read_keys({"GEMINI_KEY_ONE": " ", "GEMINI_KEY_TWO": ""}) == ()

    def test_refuses_one_secret_under_two_names(self) -> None:
        with pytest.raises(InvalidKeys, match="'one' and 'two' are the same secret") as refused:
            read_keys({"GEMINI_KEY_ONE": "sesame", "GEMINI_KEY_TWO": "sesame"})

        assert "sesame" not in str(refused.value)

    @pytest.mark.parametrize("text", ["GEMINI_KEY_ONE=a$b\n", '{"GEMINI_KEY_ONE": "a$b"}'])
    def test_reads_files_as_they_stand(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "keys"
        file.write_text(text)

        (key,) = read_keys(FileStore(file).read())

        assert key.reveal() == "a$b"

    def test_does_not_quote_a_file_that_is_broken(self, tmp_path: Path) -> None:
        file = tmp_path / "keys"
        file.write_text('{"GEMINI_KEY_ONE": "sesame"')

        with pytest.raises(InvalidKeys) as refused:
            FileStore(file).read()

        assert "sesame" not in str(refused.value)


class TestPacificDay:
    @pytest.mark.parametrize(
        ("now", "day", "hours"),
        [
            ("2026-11-20T07:59:59+00:00", "2026-11-19", 0),
            ("2026-11-20T08:00:00+00:00", "2026-11-20", 24),
            # The days on which the clocks change have 25 and 23 hours.
            ("2026-11-01T07:00:00+00:00", "2026-11-01", 25),
            ("2027-03-14T08:00:00+00:00", "2027-03-14", 23),
        ],
    )
    def test_follows_californias_clocks(self, now: str, day: str, hours: int) -> None:
        from datetime import datetime

        moment = datetime.fromisoformat(now).timestamp()

        assert pacific_day(moment) == day
        assert round((next_pacific_midnight(moment) - moment) / 3600) == hours


class TestWindow:
    @given(data=st.data())
    @settings(max_examples=120)
    def test_no_window_ever_exceeds_a_limit(self, data: st.DataObject) -> None:
        """Whatever arrives when, is given back, is lost with its worker, or is delayed up to the margin."""
        limits = Limits(
            requests_per_minute=data.draw(st.integers(1, 8)),
            tokens_per_minute=data.draw(st.integers(50, 400)),
            requests_per_day=data.draw(st.sampled_from([5, 10_000])),
        )
        clock = Clock(NOW + data.draw(st.floats(0, 90_000)))
        ledger = MemoryLedger(clock=clock, window=Window(slot=data.draw(st.sampled_from([0.25, 0.5, 2.0]))))
        seed = data.draw(st.integers(0, 2**32))

        sent = arrivals(ledger, clock, candidates(2, limits), random.Random(seed), 80)

        assert worst_window(sent, 60.0, "requests") <= limits.requests_per_minute
        assert worst_window(sent, 60.0, "tokens") <= limits.tokens_per_minute
        assert worst_window(sent, None, "requests") <= limits.requests_per_day

    def test_serves_the_limit_in_each_window(self) -> None:
        clock = Clock(NOW)
        ledger = MemoryLedger(clock=clock)

        served = 0
        for _ in range(int(245 / 0.25)):
            clock.now += 0.25
            try:
                ledger.reserve(candidates(1), model=MODEL, tokens=1)
            except Busy:
                continue
            served += 1

        assert served == 4 * 15

    def test_says_when_to_come_back_and_keeps_the_promise(self) -> None:
        clock = Clock(NOW)
        ledger = MemoryLedger(clock=clock)
        for _ in range(15):
            ledger.reserve(candidates(1), model=MODEL, tokens=1)

        with pytest.raises(Busy) as busy:
            ledger.reserve(candidates(1), model=MODEL, tokens=1)
        clock.now = busy.value.retry_at

        assert busy.value.reason == "minute_quota"
        assert 61 <= busy.value.retry_at - NOW <= 63
        ledger.reserve(candidates(1), model=MODEL, tokens=1)

    def test_counts_a_request_near_midnight_on_both_days(self) -> None:
        midnight = next_pacific_midnight(NOW)
        clock = Clock(midnight - 0.2)
        ledger = MemoryLedger(clock=clock)
        once_a_day = candidates(1, Limits(requests_per_day=1))
        ledger.reserve(once_a_day, model=MODEL, tokens=1)

        clock.now = midnight + 120

        with pytest.raises(Busy, match="day_quota"):
            ledger.reserve(once_a_day, model=MODEL, tokens=1)

    def test_a_clock_that_goes_back_frees_nothing(self) -> None:
        clock = Clock(NOW)
        ledger = MemoryLedger(clock=clock)
        for _ in range(15):
            ledger.reserve(candidates(1), model=MODEL, tokens=1)

        clock.now -= 3_600

        with pytest.raises(Busy):
            ledger.reserve(candidates(1), model=MODEL, tokens=1)


class TestKeyPool:
    def pool(self, clock: Clock, *, count: int = 2, project: str | None = None, **options: object) -> KeyPool:
        keys = [ApiKey(f"secret-{n}", name=f"k{n}", project=project) for n in range(count)]
        return KeyPool(keys, ledger=MemoryLedger(clock=clock), clock=clock, jitter=lambda: 0.5, **options)

    def test_spreads_requests_over_the_keys(self) -> None:
        pool = self.pool(Clock(NOW), count=4)

        used = [pool.reserve(MODEL, tokens=1).fingerprint for _ in range(8)]

        assert {used.count(fingerprint) for fingerprint in pool.keys} == {2}

    def test_keys_of_one_project_share_its_quota(self) -> None:
        pool = self.pool(Clock(NOW), count=4, project="one")
        for _ in range(15):
            pool.reserve(MODEL, tokens=1)

        with pytest.raises(ModelUnavailable) as busy:
            pool.reserve(MODEL, tokens=1)

        assert busy.value.code == "keys_busy"
        assert busy.value.retryable
        assert 60 < busy.value.details["retry_after"] < 64

    def test_a_wait_that_is_too_long_is_final_and_says_until_when(self) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, count=1, limits=Limits(requests_per_day=1))
        pool.reserve(MODEL, tokens=1)

        with pytest.raises(ModelUnavailable) as spent:
            pool.reserve(MODEL, tokens=1)

        assert (spent.value.code, spent.value.retryable) == ("quota_spent", False)
        assert spent.value.details["resets_at"].endswith("Z")
        assert "retry_after" not in spent.value.details

    def test_a_refused_key_rests_and_another_serves(self) -> None:
        pool = self.pool(Clock(NOW))
        first = pool.reserve(MODEL, tokens=1)
        status, body = REFUSALS["key_invalid"](MODEL, "x")

        assert pool.refused(first, read_gemini(status, json.dumps(body).encode()))
        served = {pool.reserve(MODEL, tokens=1).fingerprint for _ in range(10)}

        assert first.fingerprint not in served

    def test_without_a_usable_key_says_so_for_good(self) -> None:
        pool = self.pool(Clock(NOW), count=1)
        status, body = REFUSALS["key_leaked"](MODEL, "x")
        pool.refused(pool.reserve(MODEL, tokens=1), read_gemini(status, json.dumps(body).encode()))

        with pytest.raises(ModelUnavailable) as refused:
            pool.reserve(MODEL, tokens=1)

        assert (refused.value.code, refused.value.retryable) == ("no_usable_key", False)

    def test_no_keys_at_all_is_said_for_good(self) -> None:
        with pytest.raises(ModelUnavailable, match="no key is configured"):
            self.pool(Clock(NOW), count=0).reserve(MODEL, tokens=1)

    def test_a_request_larger_than_a_minute_is_refused_for_good(self) -> None:
        with pytest.raises(ModelUnavailable) as refused:
            self.pool(Clock(NOW)).reserve(MODEL, tokens=250_001)

        assert refused.value.code == "quota_spent"
        assert not refused.value.retryable

    def test_a_spent_day_rests_until_midnight_whatever_the_wait_says(self) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, count=1)
        status, body = REFUSALS["day_quota"](MODEL, "x")
        pool.refused(pool.reserve(MODEL, tokens=1), read_gemini(status, json.dumps(body).encode()))

        (row,) = pool.states([MODEL])

        assert row["until"] == next_pacific_midnight(NOW) + 60
        assert row["limits"]["requests_per_day"] == 20

    def test_a_failing_model_rests_longer_each_time_and_recovers(self) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock)
        waits = []
        for _ in range(4):
            failed = pool.reserve(MODEL, tokens=1)
            waits.append(pool.stumbled(failed, "model_overloaded", "…").details["retry_after"])
            clock.now += waits[-1]
        pool.served(pool.reserve(MODEL, tokens=1), tokens=1)
        again = pool.stumbled(pool.reserve(MODEL, tokens=1), "model_overloaded", "…")

        assert waits == [2.25, 4.25, 8.25, 16.25]
        assert again.details["retry_after"] == 2.25

    def test_requests_that_fail_together_are_one_stumble(self) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock)
        together = [pool.reserve(MODEL, tokens=1) for _ in range(5)]
        clock.now += 1

        waits = [pool.stumbled(failed, "model_overloaded", "…").details["retry_after"] for failed in together]

        assert set(waits) == {2.25}
        with pytest.raises(ModelUnavailable, match="left alone"):
            pool.reserve(MODEL, tokens=1)

    def test_replaces_keys_in_what_a_vendor_says(self) -> None:
        pool = self.pool(Clock(NOW))

        said = pool.scrubber.scrub(b"Invalid API key: secret-1!")

        assert b"secret" not in said
        assert b"key_" in said
