"""What the OpenAPI document says of tokens and of who asks."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from strategy_api.common.openapi import examples


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How to say who you are."""

    target_class = "strategy_api.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Describe the header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <your token>`. Tokens are named, expire, and have a scope: read, run or admin.",
        }


class PasswordScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How to get the first token."""

    target_class = "strategy_api.accounts.authentication.PasswordAuthentication"
    name = "password"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Describe HTTP Basic."""
        return {"type": "http", "scheme": "basic", "description": "Name and password, to get a token with."}


_TOKEN: dict[str, Any] = {
    "id": "3f0a2d1c-9f2b-4f65-8a51-6f2f6f1f0c42",
    "name": "dashboard",
    "scopes": ["read", "run"],
    "prefix": "4b1c77e0",
    "created_at": examples.AT,
    "expires_at": "2026-05-31T09:30:00Z",
    "last_used_at": None,
}
examples.register(
    {
        "TokenDetail": _TOKEN,
        "TokenCreateRequest": {"name": "dashboard", "scopes": ["read", "run"], "expires_in_days": 90},
        "NewToken": _TOKEN | {"token": "4b1c77e0d9f0…"},
        "TicketDetail": {"ticket": "nX3yq0…", "expires_at": "2026-03-02T09:30:30Z"},
        "Me": {"username": "quinn", "is_staff": False, "token": _TOKEN},
    }
)
