"""Who asks, and what their token allows. Tokens are hashed, named and expiring; they are shown once."""

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from strategy_api.choices import TokenScope
from strategy_api.models import Token
from strategy_api.refusals import InsufficientScope

logger = logging.getLogger(__name__)

LOCAL_USER = "local"
USE_NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token …`, found by its hash, in one query."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        """Return the user and the token; raise for a token that is unknown, expired or of a disabled user."""
        text = token.decode("latin-1")
        found = Token.objects.select_related("user").filter(digest=hash_token(text)).first()
        if found is None:
            raise AuthenticationFailed("This token is not known here.", code="invalid_token")
        if found.expired:
            raise AuthenticationFailed("This token has expired.", code="token_expired")
        if not found.user.is_active:
            raise AuthenticationFailed("This user is not active.", code="user_inactive")
        _note_use(found)
        return found.user, found


class PasswordAuthentication(BasicAuthentication):
    """A name and a password, for one thing only: getting a token. Guessing is throttled."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> tuple[User, None]:
        """Return the user; the throttle needs Django's own request to count on."""
        user, _ = super().authenticate_credentials(userid, password, getattr(request, "_request", request))
        return user, None


class HasScope(BasePermission):
    """The caller is known, and the token's scope covers what is asked.

    Reading needs `read`, everything else `run`; a view's `scopes` maps its actions to something else.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether somebody is asking; raise `InsufficientScope` where their token is too weak."""
        if not request.user.is_authenticated:
            return False
        usual = TokenScope.READ if request.method in SAFE_METHODS else TokenScope.RUN
        action = getattr(view, "action", None) or (request.method or "").lower()
        require(request, getattr(view, "scopes", {}).get(action, usual))
        return True


def require(request: Request, scope: str) -> None:
    """Raise `InsufficientScope` unless the caller's token has the scope; sessions and passwords have all."""
    if isinstance(request.auth, Token) and not request.auth.allows(scope):
        raise InsufficientScope(f"This needs a token with the scope '{scope}'.")


def oversee(request: Request, owner_id: Any) -> None:
    """Let staff act on somebody else's object, with the scope for it; what they do is logged by `log_oversight`."""
    if owner_id != request.user.pk and request.method not in SAFE_METHODS:
        require(request, TokenScope.ADMIN)


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


def local_token(file: Path) -> str:
    """Return a token of the local user that works: the one in the file, or a new one written there."""
    user, created = get_user_model().objects.get_or_create(username=LOCAL_USER)
    if created:
        user.set_unusable_password()
        user.save()
    kept = file.read_text().strip() if file.exists() else ""
    if kept and _works(kept):
        return kept
    Token.objects.filter(user=user, expiry__lt=timezone.now()).delete()
    token: str = Token.objects.create(user=user, name="this machine", scope=TokenScope.ADMIN)[1]
    _write_private(file, token)
    return token


def _works(token: str) -> bool:
    try:
        TokenAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return True


def _note_use(token: Token) -> None:
    now = timezone.now()
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        Token.objects.filter(due, pk=token.pk).update(last_used_at=now)


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text + "\n")
