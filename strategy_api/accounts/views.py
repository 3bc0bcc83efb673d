"""Tokens: made, listed and revoked by their user, who is either known by a token already or gives a password."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from strategy_api.accounts.authentication import PasswordAuthentication, TokenAuthentication
from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.models import Token
from strategy_api.accounts.permissions import caller
from strategy_api.accounts.serializers import Me, NewToken, TicketDetail, TokenCreate, TokenDetail, TokenQuery
from strategy_api.accounts.tickets import make_ticket
from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.common.exceptions import TooManyTokens
from strategy_api.common.validation import validated


class TokenViewSet(mixins.DestroyModelMixin, OwnedViewSet):
    """A user's own tokens; nobody sees another's, and nobody sees one twice."""

    queryset = Token.objects.none()
    serializer_class = TokenDetail
    authentication_classes = [TokenAuthentication, PasswordAuthentication, SessionAuthentication]
    queries = {"list": TokenQuery}
    scopes = {"list": TokenScope.ADMIN, "create": TokenScope.ADMIN, "destroy": TokenScope.ADMIN}
    rates = {"create": "token", "destroy": "token"}
    problems = {
        "create": ("login_throttled", "too_many_tokens"),
        "list": ("login_throttled",),
        "destroy": ("login_throttled",),
    }

    def get_queryset(self) -> QuerySet[Token]:
        """Return the caller's tokens; nobody else's, not even for staff, who find them in the admin."""
        rows: QuerySet[Token] = Token.objects.filter(user=self.request.user)
        return rows

    def owner_of(self, instance: Token) -> Any:
        """Return whose it is."""
        return instance.user_id

    @extend_schema(
        summary="List your tokens",
        description="Without what makes them tokens: only a hash of that is kept.",
        responses=TokenDetail(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        return self.page_of(self.get_queryset(), TokenDetail)

    @extend_schema(
        summary="Make a token",
        description=(
            "With a token of scope `admin`, or with name and password (HTTP Basic). The answer is the only time that "
            "the token is shown: repeated with the same `Idempotency-Key`, `token` is null."
        ),
        request=TokenCreate,
        responses={201: NewToken},
    )
    def create(self, request: Request) -> Response:
        """Make a token, and show it this once."""
        asked = validated(TokenCreate, request)

        def make() -> Answer:
            if self.get_queryset().count() >= settings.TOKENS_LIMIT:
                raise TooManyTokens
            scope = max(asked["scopes"], key=TokenScope.values.index)
            made, token = Token.objects.create(
                user=caller(request),
                name=asked["name"],
                scope=scope,
                expiry=timedelta(days=asked["expires_in_days"]),
            )
            body = NewToken(made, context={"token": None}).data
            headers = {"Location": reverse("token-detail", [made.pk], request=request)}
            return Answer(status=status.HTTP_201_CREATED, body=body, headers=headers, secret={"token": token})

        return answer_once(keyed(request), make).response()

    @extend_schema(summary="Revoke a token", description="At once and for good.", responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke it."""
        return super().destroy(request, *args, **kwargs)


class MeView(APIView):
    """Who asks, and with what."""

    @extend_schema(
        summary="Show who you are",
        description="Your name, and the token that the request came with; null for a session.",
        responses=Me,
    )
    def get(self, request: Request) -> Response:
        """Return the user and the token."""
        user = caller(request)
        token = request.auth if isinstance(request.auth, Token) else None
        who = {"username": user.get_username(), "is_staff": user.is_staff, "token": token}
        return Response(Me(who).data)


class TicketView(APIView):
    """One-time admission to a socket."""

    scopes = {"post": TokenScope.READ}

    @extend_schema(
        summary="Make a ticket for a socket",
        description=(
            "A browser cannot send a token with a socket. It asks for a ticket, and offers the subprotocols "
            "`algoagent.v1` and `ticket.<ticket>` within 30 seconds. A ticket is used once; it may do what the token "
            "or the session may that asked for it."
        ),
        request=None,
        responses={201: TicketDetail},
    )
    def post(self, request: Request) -> Response:
        """Make a ticket, and show it this once."""

        def make() -> Answer:
            token = request.auth if isinstance(request.auth, Token) else None
            session_key = "" if token else request._request.session.session_key or ""
            made = make_ticket(user=caller(request), token=token, session_key=session_key)
            body = TicketDetail({"ticket": None, "expires_at": made.expires_at}).data
            return Answer(status=status.HTTP_201_CREATED, body=body, secret={"ticket": made.ticket})

        return answer_once(keyed(request), make).response()
