"""The record of model calls in the database: what was asked and paid, what is used again, what is left to spend."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from backtest_engine.errors import BudgetExhausted, ModelUnavailable
from backtest_engine.llm import Answer, Call
from strategy_api.common import storable
from strategy_api.llm.models import LLMCall
from strategy_api.runs.models import Run

# Any number that nothing else locks by.
BUDGET_LOCK = 7_364_001
IN_FLIGHT_RETRY_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be spent on a UTC day, in US dollars; above `threshold`, a share, the cheapest model alone is asked."""

    daily_usd: Decimal
    user_daily_usd: Decimal | None = None
    threshold: float = 0.8

    def limits(self, owner_id: Any) -> list[tuple[str, Decimal, Q]]:
        """Return each limit that holds for a user's call: its name, the money, and the calls that count."""
        rows = [("installation", self.daily_usd, Q())]
        if self.user_daily_usd is not None and owner_id is not None:
            rows.append(("user", self.user_daily_usd, Q(owner_id=owner_id)))
        return rows


def calls_of_day(now: datetime | None = None) -> "QuerySet[LLMCall]":
    """Return the calls of the UTC day."""
    return LLMCall.objects.filter(created_at__gte=_midnight(now or timezone.now()))


def spent(calls: "QuerySet[LLMCall]") -> Decimal:
    """Return what calls cost, those under way at the most that they can cost."""
    total: Decimal | None = calls.aggregate(total=Sum("cost_usd"))["total"]
    return total or Decimal(0)


def resets_at() -> datetime:
    """Return when the day's budget starts afresh."""
    return _midnight(timezone.now()) + timedelta(days=1)


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date(), time.min, UTC)


@dataclass(frozen=True)
class Ticket:
    """A call under way."""

    id: Any
    began_at: datetime


class CallLog:
    """An engine's `CallLog` for one run and its owner. A call silent for longer than `lost_after` lost its worker."""

    def __init__(self, *, run: Run | None, budget: Budget, keep: timedelta, lost_after: timedelta) -> None:
        self._run = run
        self._owner_id = run.owner_id if run is not None else None
        self._budget = budget
        self._keep = keep
        self._lost_after = lost_after

    def earlier(self, call: Call) -> str | None:
        """Return a finished, valid answer to an equal request, and write down that it was used again.

        To the run itself also one that was not valid: a run that was put back goes on where it was, and pays nothing
        twice.
        """
        answered, invalid = LLMCall.Outcome.ANSWERED, LLMCall.Outcome.INVALID
        usable = Q(outcome=answered, created_at__gt=timezone.now() - self._keep)
        if self._run is not None:
            usable |= Q(outcome__in=(answered, invalid), run=self._run)
        found = LLMCall.objects.filter(usable, request_sha256=call.digest).order_by("-created_at").first()
        if found is None:
            return None
        again = {"answer": found.answer, "response": found.response}
        LLMCall.objects.create(**self._described(call), outcome=LLMCall.Outcome.REUSED, **again)
        return found.response

    def begin(self, call: Call) -> Ticket:
        """Reserve the money and return a ticket; raise `BudgetExhausted`, or `ModelUnavailable` while an equal
        request is under way.
        """
        now = timezone.now()
        self._settle_lost(call, now)
        try:
            with transaction.atomic(), _one_at_a_time():
                self._check(call)
                row = LLMCall.objects.create(**self._described(call), cost_usd=call.reserve_usd, created_at=now)
        except IntegrityError:
            raise ModelUnavailable(
                "An equal request is under way; its answer will be used.",
                code="answer_in_flight",
                details={"retry_after": IN_FLIGHT_RETRY_SECONDS},
            ) from None
        return Ticket(row.pk, now)

    def answered(self, ticket: Ticket, answer: Answer, *, cost_usd: Decimal, reusable: bool) -> None:
        """Settle a call that was answered."""
        self._settle(
            ticket,
            outcome=LLMCall.Outcome.ANSWERED if reusable else LLMCall.Outcome.INVALID,
            error_code="" if reusable else "answer_invalid",
            keys=list(answer.keys),
            input_tokens=answer.input_tokens,
            cached_input_tokens=answer.cached_input_tokens,
            output_tokens=answer.output_tokens,
            cost_usd=cost_usd,
            answer=storable.text(answer.text),
            response=answer.response,
        )

    def failed(self, ticket: Ticket, code: str, *, details: dict[str, Any], cost_usd: Decimal) -> None:
        """Settle a call that gave no answer that can be used."""
        self._settle(
            ticket,
            outcome=LLMCall.Outcome.FAILED,
            error_code=code[:64],
            keys=list(details.get("keys") or ()),
            input_tokens=details.get("input_tokens") or 0,
            output_tokens=details.get("output_tokens") or 0,
            cost_usd=cost_usd,
        )

    def rejected(self, digest: str) -> None:
        """Keep the answers to this request from being used again, but by the run that has to go on from them."""
        given = LLMCall.objects.filter(request_sha256=digest, outcome=LLMCall.Outcome.ANSWERED)
        given.update(outcome=LLMCall.Outcome.INVALID, error_code="answer_invalid")

    def short_of_money(self) -> bool:
        """Say whether the threshold of any limit is passed."""
        limits = self._budget.limits(self._owner_id)
        return any(
            spent(calls_of_day().filter(who)) >= limit * Decimal(str(self._budget.threshold))
            for _, limit, who in limits
        )

    def _check(self, call: Call) -> None:
        for name, limit, who in self._budget.limits(self._owner_id):
            already = spent(calls_of_day().filter(who))
            if already + call.reserve_usd > limit:
                whose = "your" if name == "user" else "the"
                raise BudgetExhausted(
                    f"Asking {call.model} may cost more than is left of {whose} day's budget for language models.",
                    hint="Ask again after the reset, or describe the strategy so that the rules understand it.",
                    details={
                        "resets_at": resets_at().isoformat().replace("+00:00", "Z"),
                        "limit_usd": float(limit),
                        "spent_usd": float(already),
                        "budget": name,
                    },
                )

    def _settle_lost(self, call: Call, now: datetime) -> None:
        """Give up an equal request whose worker died: what it reserved counts as spent.

        One of the same run has lost its worker for certain, since the run is ours now.
        """
        silent = Q(created_at__lt=now - self._lost_after)
        if self._run is not None:
            silent |= Q(run=self._run)
        lost = LLMCall.objects.filter(silent, request_sha256=call.digest, outcome=LLMCall.Outcome.PENDING)
        lost.update(outcome=LLMCall.Outcome.FAILED, error_code="worker_lost")

    def _settle(self, ticket: Ticket, **outcome: Any) -> None:
        latency = (timezone.now() - ticket.began_at).total_seconds()
        LLMCall.objects.filter(pk=ticket.id).update(latency_seconds=latency, **outcome)

    def _described(self, call: Call) -> dict[str, Any]:
        return {
            "run": self._run,
            "owner_id": self._owner_id,
            "provider": call.provider,
            "model": call.model,
            "purpose": call.purpose,
            "prompt_version": call.prompt_version,
            "request_sha256": call.digest,
            "message_count": call.message_count,
            "streamed": call.streamed,
        }


def recorded_answers(run: Run) -> dict[str, str]:
    """Return what a run was answered, by the digest of the request, for a replay."""
    kept = (LLMCall.Outcome.ANSWERED, LLMCall.Outcome.INVALID, LLMCall.Outcome.REUSED)
    rows = run.llm_calls.filter(outcome__in=kept).order_by("created_at")
    return dict(rows.values_list("request_sha256", "response"))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keep two workers from both spending the last dollar; on SQLite a transaction writes alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BUDGET_LOCK])
    yield
