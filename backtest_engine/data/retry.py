"""Asking a vendor again a few times, and then one clear error."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from backtest_engine.errors import DataUnavailable

Answer = TypeVar("Answer")


class TryAgain(Exception):
    """A vendor's passing trouble; `wait` is the number of seconds that the vendor asked for."""

    def __init__(self, reason: str = "", *, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and how long to wait for a vendor."""

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0
    sleep: Callable[[float], None] = time.sleep


def with_retries(call: Callable[[], Answer], *, vendor: str, retry: RetryPolicy) -> Answer:
    """Return what the call returns, made again after each `TryAgain`; raise `DataUnavailable` in the end."""
    backoff = wait_random_exponential(multiplier=retry.first_wait, max=retry.longest_wait)

    def wait(state: RetryCallState) -> float:
        trouble = state.outcome.exception() if state.outcome else None
        asked = trouble.wait if isinstance(trouble, TryAgain) and trouble.wait is not None else 0.0
        return min(max(asked, backoff(state)), retry.longest_wait)

    attempts = Retrying(
        stop=stop_after_attempt(retry.attempts),
        wait=wait,
        retry=retry_if_exception_type(TryAgain),
        sleep=retry.sleep,
        reraise=True,
    )
    try:
        return attempts(call)
    except TryAgain as trouble:
        tries = f"{retry.attempts} attempt{'s' * (retry.attempts != 1)}"
        raise DataUnavailable(
            f"{vendor} did not serve the request after {tries}: {trouble.reason}.",
            hint="Try again later, or use a symbol that is available offline.",
            details={"source": vendor, "attempts": retry.attempts, "reason": trouble.reason},
        ) from None
