"""Idempotency: a POST repeated with its Idempotency-Key is done once and answered the same.

There is one row for each owner and key, whatever the route. It is written before the work, in the same transaction:
of many equal requests at once one does the work, the others wait for its row and answer what it answered.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.models import IdempotencyKey
from strategy_api.accounts.permissions import caller
from strategy_api.common import retention
from strategy_api.common.exceptions import IdempotencyKeyReused, RequestInProgress
from strategy_api.common.renderers import finite

KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_FOR = timedelta(days=7)
# A request that was not answered after this long has lost its process.
LOST_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class KeyedRequest:
    """A request with what makes it the same as another; without a key it is always new."""

    owner: User
    key: str | None = None
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a POST is answered.

    `secret` is shown the first time only and never kept. `run_id` names a run whose state of the moment is the answer
    to a repeated request.
    """

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: dict[str, Any] = field(default_factory=dict)
    run_id: uuid.UUID | None = None
    replayed: bool = False

    def response(self) -> Response:
        """Return the answer as it is sent."""
        headers = {**self.headers, **({"Idempotent-Replayed": "true"} if self.replayed else {})}
        return Response({**self.body, **self.secret}, status=self.status, headers=headers)


def keyed(request: Request, body: Any = None) -> KeyedRequest:
    """Return what the Idempotency-Key header says; raise for a malformed key."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise ParseError("An Idempotency-Key is 1 to 255 visible ASCII characters.", code="invalid_idempotency_key")
    parts = [request.method, request.get_full_path(), request.data if body is None else body]
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    sha256 = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    return KeyedRequest(owner=caller(request), key=key, sha256=sha256)


def answer_once(asked: KeyedRequest, do: Callable[[], Answer]) -> Answer:
    """Do something in a transaction, or return what the same request was answered before.

    Raises `IdempotencyKeyReused` where the key came with another request.
    """
    if asked.key is None:
        with transaction.atomic():
            return do()
    try:
        with transaction.atomic():
            row = _insert(asked)
            answer = do()
            _keep(row, answer)
            return answer
    except IntegrityError:
        earlier = _row(asked)
        if earlier is None:
            raise
        return _earlier(asked, earlier)


def answer_long(asked: KeyedRequest, do: Callable[[], Answer]) -> Answer:
    """Like `answer_once` for work that takes long: no transaction is open while it lasts.

    An equal request that comes meanwhile is told so (`RequestInProgress`).
    """
    if asked.key is None:
        return do()
    try:
        with transaction.atomic():
            row = _insert(asked)
    except IntegrityError:
        earlier = _row(asked)
        if earlier is None or not _taken_over(asked, earlier):
            if earlier is None:
                raise
            return _earlier(asked, earlier)
        row = earlier
    try:
        answer = do()
    except BaseException:
        row.delete()
        raise
    _keep(row, answer)
    return answer


def _insert(asked: KeyedRequest) -> IdempotencyKey:
    return IdempotencyKey.objects.create(owner=asked.owner, key=asked.key or "", request_sha256=asked.sha256)


def _row(asked: KeyedRequest) -> IdempotencyKey | None:
    return IdempotencyKey.objects.filter(owner=asked.owner, key=asked.key).first()


def _taken_over(asked: KeyedRequest, row: IdempotencyKey) -> bool:
    """Take the place of an equal request whose process died."""
    now = timezone.now()
    lost = IdempotencyKey.objects.filter(pk=row.pk, status=0, created_at__lt=now - LOST_AFTER)
    return row.request_sha256 == asked.sha256 and bool(lost.update(created_at=now))


def _keep(row: IdempotencyKey, answer: Answer) -> None:
    row.status, row.body, row.headers = answer.status, finite(answer.body), dict(answer.headers)
    row.run_id = answer.run_id
    row.save(update_fields=["status", "body", "headers", "run_id"])


def _earlier(asked: KeyedRequest, row: IdempotencyKey) -> Answer:
    if row.request_sha256 != asked.sha256:
        raise IdempotencyKeyReused
    if not row.status:
        raise RequestInProgress
    return Answer(status=row.status, body=row.body or {}, headers=row.headers, run_id=row.run_id, replayed=True)


@retention.register("idempotency_keys")
def forget_keys() -> int:
    """Remove keys that no client will send again."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]
