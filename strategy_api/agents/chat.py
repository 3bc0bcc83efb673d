"""Conversations for the seed's socket, `/ws/{client_id}`: the client's id names a conversation of the user."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from strategy_api.agents.models import Conversation
from strategy_api.agents.services import begin_conversation, say
from strategy_api.agents.topics import topic_of
from strategy_api.runs.sockets.chat_socket import ChatTurn, register
from strategy_api.runs.topic_types import positions


class Conversations:
    """Says what comes over the socket in the user's conversation of that name."""

    def topic_of(self, *, user: User, client_id: str) -> str | None:
        """Return the topic of the conversation, None where nothing was said yet."""
        found = Conversation.objects.filter(owner=user, client_key=client_id).first()
        return None if found is None else topic_of(found.pk)

    def say(self, *, user: User, client_id: str, content: str, message_id: str | None) -> ChatTurn:
        """Hand in a turn, once for each `message_id`; make the conversation where there is none."""
        conversation = self._conversation(user, client_id)
        after = position_of(topic_of(conversation.pk))
        say(conversation=conversation, content=content, client_id=message_id)
        return ChatTurn(topic=topic_of(conversation.pk), after=after)

    def _conversation(self, user: User, client_id: str) -> Conversation:
        found = Conversation.objects.filter(owner=user, client_key=client_id).first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                return begin_conversation(owner=user, client_key=client_id)
        except IntegrityError:
            # Two first messages at once: the other one made it.
            return Conversation.objects.get(owner=user, client_key=client_id)


def position_of(topic: str) -> int:
    """Return the number of a topic's last event."""
    return positions([topic])[topic].seq


register(Conversations())
