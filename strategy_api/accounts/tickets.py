"""Tickets: how a browser, which can send no header with a socket, says who it is. Good once, and for half a minute."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.utils import timezone

from strategy_api.accounts.models import Ticket, Token
from strategy_api.common import retention

GOOD_FOR = timedelta(seconds=30)


class NewTicket(NamedTuple):
    """A ticket that was just made; only its hash is kept."""

    ticket: str
    expires_at: datetime


def make_ticket(*, user: User, token: Token | None, session_key: str) -> NewTicket:
    """Make a ticket for one socket of a user, in place of the token or the session that they came with."""
    ticket, expires_at = secrets.token_urlsafe(32), timezone.now() + GOOD_FOR
    Ticket.objects.create(
        user=user, token=token, session_key=session_key, digest=_digest(ticket), expires_at=expires_at
    )
    return NewTicket(ticket, expires_at)


def use_ticket(ticket: str) -> Ticket | None:
    """Return what the ticket stands for, or None; of many who show it at once, one gets it."""
    found = Ticket.objects.select_related("user", "token").filter(digest=_digest(ticket)).first()
    if found is None or not Ticket.objects.filter(pk=found.pk).delete()[0]:
        return None
    return found if found.expires_at > timezone.now() else None


@retention.register("tickets")
def remove_tickets() -> int:
    """Remove tickets that nobody used."""
    removed: int = Ticket.objects.filter(expires_at__lt=timezone.now() - GOOD_FOR).delete()[0]
    return removed


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
