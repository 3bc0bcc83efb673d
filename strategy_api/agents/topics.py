"""Conversations can be followed: `conversation:<id>`, with the events `message`, `node` and `progress`."""

import uuid
from collections.abc import Collection

from django.contrib.auth.models import User

from strategy_api.agents.selectors import conversations_of
from strategy_api.runs.stored_topics import StoredLog
from strategy_api.runs.topic_types import TopicType, register, topic_name

CONVERSATION = "conversation"


def topic_of(conversation_id: uuid.UUID) -> str:
    """Return the name of a conversation's topic."""
    return topic_name(CONVERSATION, conversation_id)


def readable_conversations(user: User, keys: Collection[str]) -> set[str]:
    """Return which of these conversations a user may follow."""
    ids = {}
    for key in keys:
        try:
            ids[uuid.UUID(key)] = key
        except ValueError:
            continue
    known = conversations_of(user).filter(pk__in=ids).values_list("pk", flat=True)
    return {str(pk) for pk in known if str(pk) == ids[pk]}


register(TopicType(name=CONVERSATION, readable=readable_conversations, log=StoredLog(CONVERSATION)))
