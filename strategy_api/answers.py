"""Answering once: a POST repeated with its Idempotency-Key gets the first answer again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from strategy_api.models import KeptAnswer, Run, Strategy
from strategy_api.refusals import IdempotencyKeyReused
from strategy_api.renderers import finite
from strategy_api.services import Once

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a POST is answered; `secret` is shown the first time only, and never kept."""

    status: int
    body: dict[str, Any]
    location: str = ""
    secret: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False


def answer_once(*, owner: User, once: Once, do: Callable[[], Answer]) -> Answer:
    """Do something in a transaction, or return the answer that the same request got before.

    Of many at once one does it: the others wait for its row, and then find the answer there.
    """
    if once.key is None:
        return do()
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(owner=owner, idempotency_key=once.key, request_sha256=once.request_sha256)
            answer = do()
            _keep(kept, answer)
            return answer
    except IntegrityError:
        if not KeptAnswer.objects.filter(owner=owner, idempotency_key=once.key).exists():
            raise
        return _earlier(owner, once)


def answer_again(*, owner: User, once: Once, do: Callable[[], Answer]) -> Answer:
    """Like `answer_once` for long work that may be done twice: no transaction is open while it lasts."""
    if once.key is None:
        return do()
    if KeptAnswer.objects.filter(owner=owner, idempotency_key=once.key).exists():
        return _earlier(owner, once)
    answer = do()
    kept, _ = KeptAnswer.objects.get_or_create(
        owner=owner, idempotency_key=once.key, defaults={"request_sha256": once.request_sha256}
    )
    _keep(kept, answer)
    return answer


def refuse_other_uses(*, owner: User, once: Once) -> None:
    """Raise `IdempotencyKeyReused` where the key came with a request of another kind before."""
    models: list[Any] = [Run, Strategy, KeptAnswer]
    for model in models if once.key is not None else []:
        same_key = model._default_manager.filter(owner=owner, idempotency_key=once.key)
        if same_key.exclude(request_sha256=once.request_sha256).exists():
            raise IdempotencyKeyReused


def _keep(kept: KeptAnswer, answer: Answer) -> None:
    kept.status, kept.body, kept.location = answer.status, finite(answer.body), answer.location
    kept.save(update_fields=["status", "body", "location"])
    KeptAnswer.objects.filter(owner=kept.owner, created_at__lt=timezone.now() - KEPT_FOR).delete()


def _earlier(owner: User, once: Once) -> Answer:
    kept = KeptAnswer.objects.get(owner=owner, idempotency_key=once.key)
    if kept.request_sha256 != once.request_sha256:
        raise IdempotencyKeyReused
    return replace(Answer(status=kept.status, body=kept.body, location=kept.location), replayed=True)
