"""What vendors say when they refuse: who rests, and for how long."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.errors import ModelUnavailable
from backtest_engine.key_rotation import (
    ApiKey,
    KeyPool,
    MemoryLedger,
    Verdict,
    next_pacific_midnight,
    read_gemini,
    read_plain,
)
from tests.fakes.gemini_errors import REFUSALS
from tests.fakes.quotas import Clock

NOW = 1_790_000_000.0
MODEL, OTHER = "a-model", "another-model"
BODIES = json.loads((Path(__file__).parents[1] / "corpus/vendor_errors/bodies.json").read_text())
NAMED = {row["id"]: row for row in BODIES}


def read(row: dict[str, Any]) -> Verdict:
    raw = row["body"].encode() if isinstance(row["body"], str) else json.dumps(row["body"]).encode()
    reader = read_gemini if row["vendor"] == "gemini" else read_plain
    return reader(row["status"], raw, row.get("headers", {}))


class TestVerdicts:
    @pytest.mark.parametrize("row", BODIES, ids=[row["id"] for row in BODIES])
    def test_a_body_as_its_vendor_sends_it(self, row: dict[str, Any]) -> None:
        verdict = read(row)

        want = {"limits": {}, **row["want"]}
        assert (verdict.code, verdict.scope, dict(verdict.limits)) == (want["code"], want["scope"], want["limits"])
        assert verdict.seconds == (want["seconds"] if want["seconds"] is None else pytest.approx(want["seconds"]))

    @pytest.mark.parametrize(
        ("name", "code", "scope", "seconds"),
        [
            ("key_invalid", "key_invalid", "key", 86_400),
            ("key_invalid_echo", "key_invalid", "key", 86_400),
            ("key_expired", "key_invalid", "key", 86_400),
            ("key_leaked", "key_leaked", "key", 86_400),
            ("project_denied", "account_suspended", "account", 86_400),
            ("service_disabled", "service_disabled", "account", 3_600),
            ("region_not_served", "region_not_served", "request", 60),
            ("bad_request", "request_rejected", "request", 60),
            ("too_long", "request_rejected", "request", 60),
            ("model_missing", "model_missing", "request", 60),
            ("minute_quota", "minute_quota", "project", 13.827787492),
            ("day_quota", "day_quota", "project", None),
            ("token_quota", "minute_quota", "project", 21.5),
            ("no_quota", "no_quota", "project", None),
            ("quota_without_details", "minute_quota", "project", 60),
            ("internal", "model_failed", "model", 60),
            ("overloaded", "model_overloaded", "model", 60),
            ("deadline", "model_failed", "model", 60),
        ],
    )
    def test_says_who_should_rest_and_for_how_long(
        self, name: str, code: str, scope: str, seconds: float | None
    ) -> None:
        status, body = REFUSALS[name](MODEL, "a-key")

        verdict = read_gemini(status, json.dumps(body).encode())

        assert (verdict.code, verdict.scope, verdict.seconds) == (code, scope, seconds)

    def test_every_documented_refusal_is_read(self) -> None:
        marks = TestVerdicts.test_says_who_should_rest_and_for_how_long.pytestmark

        assert {row[0] for row in marks[0].args[1]} == set(REFUSALS)

    def test_learns_the_limits_that_a_refusal_names(self) -> None:
        limits = {}
        for name in ("minute_quota", "day_quota", "token_quota", "no_quota"):
            status, body = REFUSALS[name](MODEL, "a-key")
            limits[name] = dict(read_gemini(status, json.dumps(body).encode()).limits)

        assert limits == {
            "minute_quota": {"requests_per_minute": 15},
            "day_quota": {"requests_per_day": 20},
            "token_quota": {"tokens_per_minute": 250_000},
            "no_quota": {},
        }

    @given(status=st.sampled_from([400, 401, 403, 404, 408, 429, 500, 503, 529]), raw=st.binary(max_size=60))
    @settings(max_examples=60)
    def test_reads_any_bytes(self, status: int, raw: bytes) -> None:
        assert read_gemini(status, raw).code
        assert read_plain(status, raw).code

    @pytest.mark.parametrize(
        "raw",
        [b"[]", b"null", b'{"error": "x"}', b'{"error": {"details": [3, {}]}}', b"[3]", b"[" * 5_000 + b"]" * 5_000],
    )
    def test_reads_json_of_another_shape(self, raw: bytes) -> None:
        assert read_gemini(429, raw).code == "minute_quota"

    @pytest.mark.parametrize("unit", ["a", " ", "credits ", "api key ", "per day ", "1h", "account is "])
    def test_a_long_text_is_read_at_once(self, unit: str) -> None:
        raw = json.dumps({"error": {"message": unit * 100_000}}).encode()

        assert read_plain(429, raw).scope in ("project", "account", "key")


class TestWhatRests:
    """The right thing rests for the right time: the key, a project's quota for a model, a model, an account."""

    def pool(self, clock: Clock, *projects: str) -> KeyPool:
        keys = [ApiKey(f"secret-{n}", name=f"k{n}", project=project) for n, project in enumerate(projects)]
        return KeyPool(keys, ledger=MemoryLedger(clock=clock), clock=clock, jitter=lambda: 0.5)

    def refuse(self, pool: KeyPool, name: str, model: str = MODEL) -> str:
        """Have the next request refused; return whose key it was."""
        reservation = pool.reserve(model, tokens=1)
        assert pool.refused(reservation, read(NAMED[name]))
        return reservation.fingerprint

    def why(self, pool: KeyPool, model: str) -> ModelUnavailable:
        with pytest.raises(ModelUnavailable) as unavailable:
            pool.reserve(model, tokens=1)
        return unavailable.value

    @pytest.mark.parametrize("name", ["g_prepay_depleted", "o_insufficient_quota", "a_credit_low", "c_xai_spending"])
    def test_spent_credits_rest_every_model_of_the_account_for_hours(self, name: str) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, "shop", "shop")

        self.refuse(pool, name)

        for model in (MODEL, OTHER):
            error = self.why(pool, model)
            assert (error.code, error.retryable) == ("credits_spent", False)
            assert "money" in error.message
            assert error.hint
        clock.now += 3 * 3_600
        assert self.why(pool, MODEL).code == "credits_spent"
        clock.now += 3 * 3_600
        pool.reserve(MODEL, tokens=1)

    def test_another_account_goes_on(self) -> None:
        pool = self.pool(Clock(NOW), "shop", "home")

        spent = self.refuse(pool, "g_prepay_depleted")

        assert {pool.reserve(MODEL, tokens=1).fingerprint for _ in range(10)} == set(pool.keys) - {spent}

    def test_a_spent_day_rests_one_model_until_the_vendors_midnight(self) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, "shop")

        self.refuse(pool, "g_day_errorinfo")

        assert self.why(pool, MODEL).code == "quota_spent"
        pool.reserve(OTHER, tokens=1)
        clock.now = next_pacific_midnight(NOW) + 61
        pool.reserve(MODEL, tokens=1)

    @pytest.mark.parametrize("name", ["g_leaked", "g_suspended_key", "c_xai_leak", "o_key_disabled"])
    def test_a_key_that_is_no_good_rests_for_a_day_alone(self, name: str) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, "shop", "shop")

        held = self.refuse(pool, name)

        assert {pool.reserve(MODEL, tokens=1).fingerprint for _ in range(10)} == set(pool.keys) - {held}
        clock.now += 23 * 3_600
        assert {pool.reserve(MODEL, tokens=1).fingerprint for _ in range(5)} == set(pool.keys) - {held}

    @pytest.mark.parametrize("name", ["g_suspended_project", "o_deactivated", "a_org_disabled"])
    def test_a_suspended_account_rests_for_a_day(self, name: str) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, "shop", "shop")

        self.refuse(pool, name)
        clock.now += 23 * 3_600

        assert self.why(pool, OTHER).code == "account_suspended"

    @pytest.mark.parametrize("name", ["g_capacity_429", "o_overloaded_429", "a_overloaded", "c_mistral_capacity"])
    def test_a_lack_of_capacity_rests_the_model_and_no_key(self, name: str) -> None:
        clock = Clock(NOW)
        pool = self.pool(clock, "shop")
        verdict = read(NAMED[name])

        assert verdict.scope == "model"
        error = pool.stumbled(pool.reserve(MODEL, tokens=1), verdict.code, "…")

        assert error.details["retry_after"] < 5
        assert {row["state"] for row in pool.states([MODEL])} == {"ready"}
        pool.reserve(OTHER, tokens=1)
