"""The pool of keys: which one serves a request, and what becomes of it afterwards."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backtest_engine.errors import ModelUnavailable
from backtest_engine.key_rotation.keys import ApiKey
from backtest_engine.key_rotation.ledger import Busy, Candidate, Clock, Ledger, Reservation
from backtest_engine.key_rotation.quota import Limits
from backtest_engine.key_rotation.scrubbing import Scrubber
from backtest_engine.key_rotation.vendor_words import Verdict

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 900.0
# So that those who were refused together do not come back together.
JITTER_SECONDS = 0.5

# Reasons that no wait changes: the owner of the key, or of the account, has to.
KEY_AT_FAULT = {"key_invalid", "key_denied", "key_leaked", "key_suspended", "no_key"}
ACCOUNT_AT_FAULT = {"credits_spent", "account_suspended", "service_disabled"}
WORDS = {
    "no_key": "no key is configured",
    "key_invalid": "every key was refused by the vendor",
    "key_denied": "every key was refused by the vendor",
    "key_leaked": "every key was refused by the vendor, which knows that it is public",
    "key_suspended": "every key was suspended by the vendor",
    "minute_quota": "every key's minute is full",
    "day_quota": "every key's day is spent",
    "no_quota": "no key's project may use this model",
    "request_too_large": "the request is larger than a minute's quota of tokens",
    "model_resting": "the vendor's model fails and is left alone for a while",
}


class KeyPool:
    """Chooses keys by a ledger that all workers share.

    `jitter` returns a number from 0 to 1. A wait longer than `longest_wait` seconds is an error that no retry mends.
    """

    def __init__(
        self,
        keys: Sequence[ApiKey],
        *,
        ledger: Ledger,
        clock: Clock,
        jitter: Callable[[], float],
        limits: Limits | None = None,
        limits_by_model: Mapping[str, Limits] | None = None,
        longest_wait: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self.keys = {key.fingerprint: key for key in keys}
        self._ledger = ledger
        self._clock = clock
        self._jitter = jitter
        self._limits = limits or Limits()
        self._limits_by_model = dict(limits_by_model or {})
        self._longest_wait = longest_wait
        self.scrubber = Scrubber(keys)

    def reserve(self, model: str, *, tokens: int, ticket: str = "") -> Reservation:
        """Book a request with the best key; raise `ModelUnavailable`, which says when to ask again.

        With the same `ticket` a request that comes back keeps its place among those that wait.
        """
        try:
            return self._ledger.reserve(self.candidates(model), model=model, tokens=tokens, ticket=ticket)
        except Busy as busy:
            raise self._unavailable(model, busy.reason, busy.retry_at) from None

    def candidates(self, model: str) -> list[Candidate]:
        """Return the keys that could serve a model."""
        limits = self._limits_by_model.get(model, self._limits)
        return [
            Candidate(fingerprint=key.fingerprint, project=key.project, limits=limits) for key in self.keys.values()
        ]

    def still_fresh(self, reservation: Reservation) -> bool:
        """Say whether the request can still arrive within the margin that its slot allows for."""
        return self._clock() <= reservation.send_by

    def give_back(self, reservation: Reservation) -> None:
        """Forget a request that was never sent."""
        self._ledger.give_back(reservation)

    def served(self, reservation: Reservation, *, tokens: int | None) -> None:
        """Settle a request that was answered, with the vendor's count of input tokens where it gave one."""
        if tokens is not None and tokens != reservation.tokens:
            self._ledger.settle(reservation, tokens=tokens)
        if reservation.stumbles:
            self._ledger.recovered(reservation.model)

    def refused(self, reservation: Reservation, verdict: Verdict) -> bool:
        """Let rest what should; return whether another key may serve the request."""
        logger.info(
            "%s: %s refused %s (%s)", reservation.model, reservation.project, reservation.fingerprint, verdict.code
        )
        if verdict.limits:
            self._ledger.learn(reservation.project, reservation.model, verdict.limits)
        if verdict.scope == "key":
            self._ledger.quarantine(reservation.fingerprint, seconds=verdict.seconds or 0.0, reason=verdict.code)
        elif verdict.scope == "account":
            for key in self.keys.values():
                if key.project == reservation.project:
                    self._ledger.quarantine(key.fingerprint, seconds=verdict.seconds or 0.0, reason=verdict.code)
        elif verdict.scope == "project":
            wait = None if verdict.seconds is None else verdict.seconds + JITTER_SECONDS * (1 + self._jitter())
            self._ledger.rest(reservation.project, reservation.model, seconds=wait, reason=verdict.code)
        return verdict.scope in ("key", "account", "project")

    def stumbled(self, reservation: Reservation, code: str, message: str) -> ModelUnavailable:
        """Rest the model, never the key, and return the error that says for how long."""
        seconds = self._ledger.stumble(reservation)
        return ModelUnavailable(message, code=code, details={"retry_after": self._spread(max(seconds, 1.0))})

    def states(self, models: Sequence[str]) -> list[dict[str, Any]]:
        """Return the health of every key for these models, JSON-able, with the keys' names."""
        rows = [row for model in models for row in self._ledger.states(self.candidates(model), models=[model])]
        return [{"name": self.keys[row["fingerprint"]].name, **row} for row in rows]

    def _unavailable(self, model: str, reason: str, retry_at: float) -> ModelUnavailable:
        wait = retry_at - self._clock()
        details: dict[str, Any] = {"reason": reason, "model": model}
        if math.isfinite(retry_at):
            details["resets_at"] = datetime.fromtimestamp(retry_at, UTC).isoformat().replace("+00:00", "Z")
        if reason in ACCOUNT_AT_FAULT:
            return _account_error(model, reason, details)
        words = WORDS.get(reason, reason)
        if reason in KEY_AT_FAULT:
            return ModelUnavailable(
                f"{model} cannot be asked: {words}.", code="no_usable_key", retryable=False, details=details
            )
        if wait > self._longest_wait:
            return ModelUnavailable(
                f"{model} cannot be asked: {words}.", code="quota_spent", retryable=False, details=details
            )
        details["retry_after"] = self._spread(max(wait, 0.1))
        return ModelUnavailable(f"{model} cannot be asked yet: {words}.", code="keys_busy", details=details)

    def _spread(self, seconds: float) -> float:
        return round(seconds + JITTER_SECONDS * self._jitter(), 3)


def _account_error(model: str, reason: str, details: dict[str, Any]) -> ModelUnavailable:
    """Return the error that says what the owner of the vendor's account has to do."""
    if reason == "credits_spent":
        return ModelUnavailable(
            f"{model} cannot be asked: the vendor's account has no money left.",
            code="credits_spent",
            retryable=False,
            hint="Pay at the vendor's; it is asked again after a few hours.",
            details=details,
        )
    if reason == "service_disabled":
        return ModelUnavailable(
            f"{model} cannot be asked: the vendor's API is not enabled for the account.",
            code="service_disabled",
            retryable=False,
            hint="Enable it at the vendor's.",
            details=details,
        )
    return ModelUnavailable(
        f"{model} cannot be asked: the vendor has suspended the account.",
        code="account_suspended",
        retryable=False,
        hint="Ask the vendor why.",
        details=details,
    )
