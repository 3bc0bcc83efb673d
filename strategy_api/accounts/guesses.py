"""Limits on guessing passwords and tokens: by name, by address, and over all of them.

A guess is counted before it is looked at, so that a thousand at once are a thousand. What a stranger guesses must not
lock out those who know: a name that has given the right password from an address before is counted by itself there,
and a token that was right lately is looked at however many wrong ones came from its address.
"""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest

from strategy_api.common.counters import increase
from strategy_api.common.proxies import client_address

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 15 * 60
KNOWN_SECONDS = 30 * 24 * 3600
# As multiples of the limit of one name from one address.
NAME_FACTOR, ADDRESS_FACTOR, TOTAL_FACTOR = 10, 20, 200
WRONG_TOKENS_A_MINUTE = 30
TOKEN_KNOWN_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Counter:
    """How many wrong passwords are allowed under a key of the cache."""

    key: str
    limit: int


class GuessLimitBackend:
    """Stands before the backends that know passwords; lets nobody in, and keeps out who guesses too often."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> None:
        """Count the attempt; raise `PermissionDenied` where too many were wrong."""
        if request is None or username is None or password is None:
            return
        try:
            allowed = _count(request, username)
        except Exception as error:
            # The record in the database still limits a name from an address.
            logger.warning("The cache does not count passwords: %s", type(error).__name__)
            return
        if not allowed:
            vars(request)["axes_locked_out"] = True  # its middleware answers
            raise PermissionDenied


def password_was_right(request: HttpRequest, username: str) -> None:
    """Take back what was counted for a password that was right, and remember the name for its address."""
    try:
        counters = _counters(request, username)
        cache.set(_pair(request, username, "known"), 1, KNOWN_SECONDS)
        cache.delete(counters[0].key)
        for counter in counters[1:]:
            _decrease(counter.key)
    except Exception as error:
        logger.warning("The cache does not count passwords: %s", type(error).__name__)


@receiver(user_logged_in)
def _logged_in(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    if request is not None:
        password_was_right(request, user.get_username())


def token_may_be_looked_at(request: HttpRequest, digest: str) -> bool:
    """Say whether a token is looked at: not after many wrong ones from the same address, unless it is known."""
    try:
        wrong = cache.get(_tokens(request), 0)
        return bool(wrong < WRONG_TOKENS_A_MINUTE or cache.get(f"token:known:{digest}"))
    except Exception as error:
        logger.warning("The cache does not count tokens: %s", type(error).__name__)
        return True


def token_was_wrong(request: HttpRequest) -> None:
    """Count a token that nobody has."""
    try:
        increase(_tokens(request), 60)
    except Exception as error:
        logger.warning("The cache does not count tokens: %s", type(error).__name__)


def token_was_right(digest: str) -> None:
    """Remember a token that is good."""
    try:
        cache.set(f"token:known:{digest}", 1, TOKEN_KNOWN_SECONDS)
    except Exception as error:
        logger.warning("The cache does not count tokens: %s", type(error).__name__)


def _count(request: HttpRequest, username: str) -> bool:
    counters = _counters(request, username)
    if cache.get(_pair(request, username, "known")):
        counters = counters[:1]
    # All are counted, also behind the first that is over its limit.
    counted = [increase(counter.key, WINDOW_SECONDS) <= counter.limit for counter in counters]
    return all(counted)


def _counters(request: HttpRequest, username: str) -> list[Counter]:
    """Return what an attempt counts against: the name from the address first."""
    limit = settings.LOGIN_FAILURES_LIMIT
    address = client_address(request)
    return [
        Counter(key=_pair(request, username, "pair"), limit=limit),
        Counter(key=f"guess:name:{_hashed(username)}", limit=NAME_FACTOR * limit),
        Counter(key=f"guess:address:{address}", limit=ADDRESS_FACTOR * limit),
        Counter(key="guess:all", limit=TOTAL_FACTOR * limit),
    ]


def _pair(request: HttpRequest, username: str, what: str) -> str:
    return f"guess:{what}:{_hashed(username)}:{client_address(request)}"


def _tokens(request: HttpRequest) -> str:
    return f"token:wrong:{client_address(request)}"


def _hashed(name: str) -> str:
    """Return a name as a key of the cache: of any script and length, and the same in capitals."""
    return hashlib.sha256(name.casefold().encode("utf-8", "replace")).hexdigest()[:32]


def _decrease(key: str) -> None:
    try:
        if cache.get(key, 0) > 0:
            cache.decr(key)
    except ValueError:
        return
