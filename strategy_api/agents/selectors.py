"""Reads of conversations and their messages."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from strategy_api.agents.models import Conversation, Message
from strategy_api.common.selectors import visible_to
from strategy_api.runs.models import Run


def conversations_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Conversation]:
    """Conversations that a user may see: their own; staff see all."""
    return visible_to(user, Conversation.objects.all())


def conversations_matching(
    rows: QuerySet[Conversation], *, search: str = "", strategy: uuid.UUID | None = None
) -> QuerySet[Conversation]:
    """Narrow conversations down by words of their title, goal or messages."""
    if strategy is not None:
        rows = rows.filter(strategy=strategy)
    for word in search.split():
        said = Message.objects.filter(content__icontains=word).values("conversation")
        rows = rows.filter(Q(title__icontains=word) | Q(goal__icontains=word) | Q(pk__in=said))
    return rows


def is_waiting(conversation: Conversation) -> bool:
    """Whether the next turn is the user's: no run works on the last one."""
    return not Run.objects.about(conversation).unfinished().exists()


def messages_of(
    conversation: Conversation, *, reply_to: int | None = None, after: int | None = None
) -> QuerySet[Message]:
    """Return the messages in their order: all, those of one turn, or those after a number."""
    rows: Any = conversation.messages.order_by("seq")
    if reply_to is not None:
        rows = rows.filter(reply_to=reply_to)
    found: QuerySet[Message] = rows if after is None else rows.filter(seq__gt=after)
    return found
