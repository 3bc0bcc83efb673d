"""Who asks. Tokens are hashed, named and expiring; they are shown once."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from rest_framework.authentication import BasicAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled

from strategy_api.accounts import guesses
from strategy_api.accounts.models import Token

USE_NOTED_EVERY = timedelta(minutes=1)
SCHEMES = (b"token", b"bearer")


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token …` (or `Bearer …`), found by its hash, in one query."""

    def authenticate(self, request: Any) -> tuple[User, Token] | None:
        """Return the user and the token; None where no token was sent, so that others may look."""
        words = get_authorization_header(request).split()
        scheme = words[0].lower() if words else b""
        if scheme in SCHEMES and len(words) == 2:
            return self._known(words[1].decode("latin-1"), request._request)
        if not words or scheme == b"basic":
            return None
        raise AuthenticationFailed(
            "This is no Authorization header that is understood here; write: Authorization: Token <your token>.",
            code="malformed_authorization",
        )

    def _known(self, text: str, request: HttpRequest) -> tuple[User, Token]:
        """Return the user and the token; raise for a token that is unknown, expired or of a disabled user."""
        digest = hash_token(text)
        if not guesses.token_may_be_looked_at(request, digest):
            raise Throttled(60, "Too many tokens from your address were not known here.")
        found = Token.objects.select_related("user").filter(digest=digest).first()
        if found is None:
            guesses.token_was_wrong(request)
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
        inner = getattr(request, "_request", request)
        user, _ = super().authenticate_credentials(userid, password, inner)
        guesses.password_was_right(inner, userid)
        return user, None


def _note_use(token: Token) -> None:
    now = timezone.now()
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        Token.objects.filter(due, pk=token.pk).update(last_used_at=now)
        guesses.token_was_right(token.digest)
