"""What staff do to other people's objects: allowed by scope, and written down."""

import logging
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.permissions import require_scope

logger = logging.getLogger(__name__)


def require_oversight(request: Request, owner_id: Any) -> None:
    """Let staff act on somebody else's object only with the scope for it."""
    if owner_id != request.user.pk and request.method not in SAFE_METHODS:
        require_scope(request, TokenScope.ADMIN)


def log_oversight(request: Request, instance: Model, pk: str, owner_id: Any, done: str) -> None:
    """Record what staff did to somebody else's object, where the admin shows it; reading goes to the log."""
    if owner_id == request.user.pk:
        return
    logger.info("Staff user %s: %s on %s %s of user %s", request.user.pk, done, type(instance).__name__, pk, owner_id)
    if request.method not in SAFE_METHODS:
        LogEntry.objects.create(
            user_id=request.user.pk or 0,
            content_type=ContentType.objects.get_for_model(instance),
            object_id=pk,
            object_repr=str(instance)[:200],
            action_flag=CHANGE,
            change_message=f"Over the API: {done}",
        )
