"""Tokens and their users, as they are shown and asked for; the token itself is shown only when it is made."""

from typing import Any

from rest_framework import serializers

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.models import Token
from strategy_api.common.fields import SingleLineField, StrictIntegerField, StrictSerializer
from strategy_api.common.queries import PageQuery, order_by

MAX_TOKEN_DAYS = 365


class TokenDetail(serializers.ModelSerializer):
    """A token, without what makes it one."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.values), read_only=True)
    prefix = serializers.CharField(read_only=True, help_text="Its first characters.")
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True, allow_null=True)

    class Meta:
        model = Token
        fields = ["id", "name", "scopes", "prefix", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields


class NewToken(TokenDetail):
    """A token that was just made; the only time that it is shown."""

    token = serializers.SerializerMethodField()

    class Meta(TokenDetail.Meta):
        fields = [*TokenDetail.Meta.fields, "token"]
        read_only_fields = fields

    def get_token(self, _: Any) -> str | None:
        """Return the token itself; null when a request was repeated, since only its hash is kept."""
        token: str | None = self.context.get("token")
        return token


class Me(serializers.Serializer):
    """Who asks, and with what."""

    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    token = TokenDetail(allow_null=True)


class TokenCreate(StrictSerializer):
    """A token to be made."""

    name = SingleLineField(max_length=100, help_text="What it is for, as in `laptop` or `dashboard`.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.values),
        min_length=1,
        max_length=3,
        default=[TokenScope.READ.value, TokenScope.RUN.value],
        help_text="`run` includes `read`, `admin` includes both.",
    )
    expires_in_days = StrictIntegerField(min_value=1, max_value=MAX_TOKEN_DAYS, default=90)


class TicketDetail(serializers.Serializer):
    """A ticket that was just made; the only time that it is shown."""

    ticket = serializers.CharField(
        allow_null=True, help_text="Offered as the subprotocol `ticket.<ticket>`; null where a request was repeated."
    )
    expires_at = serializers.DateTimeField(help_text="It is good until then, for one socket.")


class TokenQuery(PageQuery):
    """Which tokens to list."""

    ordering = order_by("created")
