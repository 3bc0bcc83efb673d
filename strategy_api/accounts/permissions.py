"""What a caller may do: by the scope of their token."""

from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.models import Token
from strategy_api.common.exceptions import InsufficientScope


def caller(request: Request) -> User:
    """Return who asks; permissions have already refused those who have not said who they are."""
    return cast(User, request.user)


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
        require_scope(request, getattr(view, "scopes", {}).get(action, usual))
        return True


def require_scope(request: Request, scope: str) -> None:
    """Raise `InsufficientScope` unless the caller's token has the scope; sessions and passwords have all."""
    if isinstance(request.auth, Token) and not request.auth.allows(scope):
        raise InsufficientScope(f"This needs a token with the scope '{scope}'.")
