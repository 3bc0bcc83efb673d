"""A bad day at the vendor's: every request ends in an answer or one clear error, and nothing is paid twice."""

import collections
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from pydantic import BaseModel

from backtest_engine.errors import AnswerUnusable, ModelUnavailable, VendorError
from backtest_engine.key_rotation import ApiKey, KeyPool, MemoryLedger, Window, next_pacific_midnight
from backtest_engine.llm import PROVIDERS, BackgroundLoop, Connection, ModelClient, PriceList, ask, recorded
from backtest_engine.ports import Prompt
from tests.fakes.gemini import FakeGemini
from tests.fakes.models import MemoryLog

MODEL = "gemini-3.8-flash"
KEYS = {f"secret-{number}": f"project-{number}" for number in range(8)}
INVALID, SPENT, LIMITED = "secret-0", "secret-1", "secret-2"
MOST_TRIES = 20
UNDER_WAY = 0.25


class Sum(BaseModel):
    """What is asked for."""

    total: int


@dataclass
class FastClock:
    """Time that runs as fast as the rests of a bad day need: a second of ours is twenty of the ledger's."""

    began: float = time.time()

    def __call__(self) -> float:
        return self.began + 20 * (time.time() - self.began)


@dataclass(frozen=True)
class End:
    """How a request ended, for whoever asked."""

    request: int
    outcome: str


def ask_until_it_ends(model: ModelClient, request: int) -> End:
    """Ask as a task does: come back when told to, at most so often."""
    prompt = Prompt(system="You add.", user=f"request {request}")
    model = recorded([model], log=MemoryLog(one_run=True), prices=PriceList())
    for _ in range(MOST_TRIES):
        try:
            answer, _ = ask(model, prompt, Sum)
        except VendorError as error:
            if not error.retryable:
                return End(request, error.code)
            time.sleep(float(error.details["retry_after"]) / 20 + 0.02)
        else:
            return End(request, f"answered {answer.total}")
    return End(request, "gave up")


@pytest.fixture(scope="module")
def day() -> tuple[FakeGemini, list[End], KeyPool, float]:
    """Sixty requests, ten at a time, on the worst of days."""
    clock, loop = FastClock(), BackgroundLoop()
    keys = [ApiKey(secret, name=secret) for secret in KEYS]
    pool = KeyPool(keys, ledger=MemoryLedger(clock=clock, window=Window(margin=30.0)), clock=clock, jitter=lambda: 0.5)
    brain = lambda body: json.dumps({"total": len(body["contents"][0]["parts"])})  # noqa: E731
    with FakeGemini(KEYS, brain=brain) as gemini:
        gemini.plan("key_invalid_echo", "key_invalid", "key_invalid", key=INVALID)
        gemini.plan("day_quota", "day_quota", "day_quota", key=SPENT)
        gemini.plan("minute_quota", key=LIMITED)
        gemini.plan("overloaded", key="secret-3")
        gemini.plan("overloaded", "overloaded", "internal", key="secret-4")
        gemini.plan("truncated", key="secret-5")
        gemini.plan("broken_json", key="secret-6")
        gemini.plan(("hang", 0.4), "html", key="secret-7")
        model = PROVIDERS["gemini"].build(MODEL, Connection(keys=pool, loop=loop, base_url=gemini.url, timeout=30))
        with ThreadPoolExecutor(10) as crowd:
            ends = list(crowd.map(lambda request: ask_until_it_ends(model, request), range(60)))
        loop.close()
        return gemini, ends, pool, clock()


class TestBadDay:
    def test_every_request_ends_in_an_answer_or_one_clear_error(
        self, day: tuple[FakeGemini, list[End], KeyPool, float]
    ) -> None:
        _, ends, _, _ = day

        outcomes = collections.Counter(end.outcome for end in ends)

        assert outcomes == {"answered 1": 59, "answer_truncated": 1}

    def test_no_key_is_tried_again_that_should_rest(self, day: tuple[FakeGemini, list[End], KeyPool, float]) -> None:
        gemini, _, _, _ = day

        first = {key: min(seen.at for seen in gemini.seen if seen.key == key) for key in (INVALID, SPENT, LIMITED)}
        # What was under way when the refusal came is not a try again.
        later = [seen for seen in gemini.seen if seen.key in first and seen.at > first[seen.key] + UNDER_WAY]

        # A minute's refusal says thirteen seconds, which are less than one of ours.
        assert all(seen.key == LIMITED and (seen.at - first[LIMITED]) * 20 > 13.8 for seen in later)

    def test_nothing_is_paid_twice(self, day: tuple[FakeGemini, list[End], KeyPool, float]) -> None:
        """What was answered is never asked for again in the same words; broken JSON is, with what was wrong."""
        gemini, _, _, _ = day

        paid = collections.Counter(seen.digest for seen in gemini.answered())

        assert max(paid.values()) == 1
        # Sixty requests and one that had to be put differently.
        assert len(paid) == 61

    def test_every_key_rests_for_its_own_reason(self, day: tuple[FakeGemini, list[End], KeyPool, float]) -> None:
        _, _, pool, now = day

        rows = {row["name"]: row for row in pool.states([MODEL])}

        assert (rows[INVALID]["state"], rows[INVALID]["reason"]) == ("quarantined", "key_invalid")
        assert (rows[SPENT]["state"], rows[SPENT]["reason"]) == ("resting", "day_quota")
        assert rows[SPENT]["until"] == pytest.approx(next_pacific_midnight(now) + 60, abs=1)
        # The minute's rest may be over by now or not, depending on how fast the day went by.
        assert rows[LIMITED]["state"] == "ready" or rows[LIMITED]["until"] - now < 60
        assert {row["state"] for name, row in rows.items() if name not in (INVALID, SPENT, LIMITED)} == {"ready"}


class TestHanging:
    def test_a_request_that_hangs_ends_in_a_timeout(self) -> None:
        loop = BackgroundLoop()
        pool = KeyPool(
            [ApiKey("secret-0", name="a")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=float
        )
        with FakeGemini(KEYS) as gemini:
            gemini.plan(("hang", 60.0))
            model = PROVIDERS["gemini"].build(MODEL, Connection(keys=pool, loop=loop, base_url=gemini.url, timeout=10))

            with pytest.raises(ModelUnavailable) as late:
                model.complete(Prompt(system="s", user="u"))

            assert late.value.code == "model_timeout"
            assert late.value.retryable
        loop.close()


class TestUnusableAnswers:
    @pytest.mark.parametrize(
        ("step", "code"),
        [
            ("thought_only", "answer_truncated"),
            ("truncated", "answer_truncated"),
            ("safety", "answer_blocked"),
            ("prompt_blocked", "answer_blocked"),
            ("recitation", "answer_recited"),
            ("malformed_call", "answer_malformed"),
            ("empty", "answer_empty"),
        ],
    )
    def test_each_kind_says_what_it_is(self, step: str, code: str) -> None:
        loop = BackgroundLoop()
        pool = KeyPool(
            [ApiKey("secret-0", name="a")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=float
        )
        with FakeGemini(KEYS) as gemini:
            gemini.plan(step)
            model = PROVIDERS["gemini"].build(MODEL, Connection(keys=pool, loop=loop, base_url=gemini.url))

            with pytest.raises(AnswerUnusable) as unusable:
                model.complete(Prompt(system="s", user="u"))

            assert unusable.value.code == code
        loop.close()
