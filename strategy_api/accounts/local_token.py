"""The token of embedded mode: one user, one file that only its owner can read."""

import os
from pathlib import Path

from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from strategy_api.accounts.authentication import TokenAuthentication
from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.models import Token

LOCAL_USER = "local"


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


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text + "\n")
