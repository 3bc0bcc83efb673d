"""What belongs to a person's access: tokens, and requests that may be sent twice."""

import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken

from strategy_api.accounts.choices import TokenScope


class Token(AbstractAuthToken):
    """A token of one user, hashed; each scope includes the ones before it: read, run, admin."""

    Scope = TokenScope

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    name = models.CharField(max_length=100, default="unnamed")
    scope = models.CharField(max_length=8, choices=TokenScope, default=TokenScope.RUN)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(scope__in=TokenScope.values), name="token_scope_is_known")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def prefix(self) -> str:
        """The first characters of the token, enough to recognise it."""
        return str(self.token_key)[:8]

    @property
    def scopes(self) -> list[str]:
        """Everything that the token's scope includes."""
        return TokenScope.up_to(self.scope)

    @property
    def expired(self) -> bool:
        """Whether the token is past its time."""
        return self.expiry is not None and self.expiry <= timezone.now()

    def allows(self, scope: str) -> bool:
        """Say whether the token may do what a scope stands for."""
        return scope in self.scopes


class Ticket(models.Model):
    """Admission to one socket, hashed and gone when it is used; it stands for the token or session behind it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.ForeignKey(Token, on_delete=models.CASCADE, null=True, related_name="+")
    session_key = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M:%S}"


class IdempotencyKey(models.Model):
    """A POST with an Idempotency-Key, and what came of it: one row for each owner and key.

    The row is written before the work, in the same transaction, so that of many equal requests one does it. While
    `status` is 0 the answer is not there yet.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body: Any = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    headers = models.JSONField(default=dict)
    run_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_request_for_each_idempotency_key")]

    def __str__(self) -> str:
        return f"{self.status} of {self.created_at:%Y-%m-%d %H:%M}"
