"""Who opens a socket: a script by its token, a browser by a ticket; and whether they still may, a while later."""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.utils.module_loading import import_string
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from strategy_api.accounts.authentication import TokenAuthentication
from strategy_api.accounts.models import Token
from strategy_api.accounts.tickets import use_ticket
from strategy_api.common.proxies import TrustedProxyMiddleware

NOT_KNOWN, ORIGIN_NOT_ALLOWED, TOO_MANY = 4401, 4403, 4429
TICKET_PREFIX = "ticket."


class Refused(Exception):
    """The socket is closed with this code; the text says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Credential:
    """Who is at the other end of a socket, and by what right: a token, or a session that asked for a ticket."""

    user: User
    token: Token | None = None
    session_key: str = ""

    def allows(self, scope: str) -> bool:
        """Say whether this may be done; a session may do all that its user may."""
        return self.token is None or self.token.allows(scope)


def admit(scope: Mapping[str, Any]) -> Credential:
    """Return who opens a socket with this ASGI scope; raise `Refused`."""
    request = _request(scope)
    _check_origin(request)
    tickets = [name for name in scope.get("subprotocols", ()) if name.startswith(TICKET_PREFIX)]
    by_token = _by_token(request)
    by_ticket = _by_ticket(tickets) if tickets else None
    credential = by_ticket or by_token
    if credential is None:
        raise Refused(NOT_KNOWN, "No token and no ticket came with the handshake.")
    others = {by_token.user.pk if by_token else None, _session_user_id(request) if tickets else None}
    if not others <= {None, credential.user.pk}:
        raise Refused(NOT_KNOWN, "The ticket is not yours.")
    return credential


def lapsed(credentials: Collection[Credential]) -> list[Credential]:
    """Return those that would not be admitted any more: token revoked or expired, logged out, user disabled."""
    users = User.objects.filter(pk__in={one.user.pk for one in credentials}, is_active=True)
    active = set(users.values_list("pk", flat=True))
    tokens = Token.objects.filter(pk__in={one.token.pk for one in credentials if one.token})
    good = set(tokens.filter(Q(expiry=None) | Q(expiry__gt=timezone.now())).values_list("pk", flat=True))
    return [
        one
        for one in credentials
        if one.user.pk not in active
        or (one.token is not None and one.token.pk not in good)
        or (one.session_key and _user_of_session(one.session_key) != one.user.pk)
    ]


def _request(scope: Mapping[str, Any]) -> HttpRequest:
    """Return the handshake as Django sees requests, with the address of who asks settled."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    request = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, io.BytesIO())
    TrustedProxyMiddleware(lambda request: None)(request)
    return request


def _check_origin(request: HttpRequest) -> None:
    """Refuse a page of somebody else; scripts, which name no origin, prove who they are by their token."""
    try:
        request.get_host()
    except DisallowedHost:
        raise Refused(ORIGIN_NOT_ALLOWED, "This host is not served here.") from None
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CORS_ALLOWED_ORIGINS:
        return
    # The rule for forms: our own pages, and those of CSRF_TRUSTED_ORIGINS.
    if not CsrfViewMiddleware(lambda request: HttpResponse())._origin_verified(request):  # type: ignore[attr-defined]
        raise Refused(ORIGIN_NOT_ALLOWED, "Pages of this origin may not open sockets here.")


def _by_token(request: HttpRequest) -> Credential | None:
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except Throttled:
        raise Refused(TOO_MANY, "Too many tokens from your address were not known here.") from None
    except AuthenticationFailed as error:
        raise Refused(NOT_KNOWN, str(error.detail)) from None
    return Credential(user=found[0], token=found[1]) if found else None


def _by_ticket(offered: Collection[str]) -> Credential:
    # Each that is shown is used up, whatever comes of it.
    found = [use_ticket(name.removeprefix(TICKET_PREFIX)) for name in offered]
    ticket = found[0] if len(found) == 1 else None
    if ticket is None:
        raise Refused(NOT_KNOWN, "This ticket is not known: it was used, is older than 30 seconds, or never was.")
    credential = Credential(user=ticket.user, token=ticket.token, session_key=ticket.session_key)
    if lapsed([credential]):
        raise Refused(NOT_KNOWN, "Who asked for this ticket is not known any more.")
    return credential


def _session_user_id(request: HttpRequest) -> int | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return _user_of_session(key) if key else None


def _user_of_session(key: str) -> int | None:
    """Return who is logged in with a session; it ends with their password, as on every page."""
    request = HttpRequest()
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = store(key)
    pk: int | None = get_user(request).pk
    return pk
