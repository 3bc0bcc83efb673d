"""Beginning conversations, saying something, renaming and deleting them."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from strategy_api.agents.kinds import CONVERSE
from strategy_api.agents.models import Conversation, Message
from strategy_api.agents.shown import message_data
from strategy_api.agents.topics import topic_of
from strategy_api.common.exceptions import Conflict
from strategy_api.runs.kinds import Subject, Submission
from strategy_api.runs.models import Run
from strategy_api.runs.services import submit_run
from strategy_api.runs.stored_topics import forget, publish
from strategy_api.strategies.models import Strategy

# The request's name of a setting, and the conversation's.
SETTINGS = {
    "test_symbol": "symbol",
    "interval": "interval",
    "start_date": "start",
    "end_date": "end",
    "cash": "cash",
    "commission": "commission",
    "spread": "spread",
}


@transaction.atomic
def begin_conversation(
    *,
    owner: User,
    title: str = "",
    strategy: Strategy | None = None,
    settings: Mapping[str, Any] | None = None,
    client_key: str | None = None,
) -> Conversation:
    """Open a conversation, about a strategy where one is named; nothing is run."""
    state: dict[str, Any] = {"settings": dict(settings or {}), "title": title}
    if strategy is not None:
        state |= _about(strategy, state["settings"])
        title = title or strategy.name
    return Conversation.objects.create(
        owner=owner, title=title or str(state["title"]), strategy=strategy, state=state, client_key=client_key
    )


def _about(strategy: Strategy, settings: dict[str, Any]) -> dict[str, Any]:
    version = strategy.current_version
    if version is None:
        raise Conflict("The strategy has no version to speak of.", code="no_such_version")
    named = {**version.settings, **settings}
    change = {"turn": 0, "spec": version.spec, "settings": named, "version": version.number, "said": "the beginning"}
    return {
        "strategy": str(strategy.pk),
        "version": version.number,
        "spec": version.spec,
        "code": version.code,
        "goal": strategy.description,
        "title": strategy.name,
        "settings": named,
        "changes": [change],
    }


def as_settings(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a request by the names that a conversation has for them."""
    return {name: asked[field] for field, name in SETTINGS.items() if asked.get(field) is not None}


@transaction.atomic
def say(
    *,
    conversation: Conversation,
    content: str = "",
    answers: Mapping[str, str] | None = None,
    client_id: str | None = None,
) -> Message:
    """Write a turn and queue its work; the same `client_id` again is the message that is there.

    Raises `Conflict` where the id came with other words before.
    """
    # Locked: numbers are taken one after the other, and of two equal messages at once one finds the other.
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if client_id is not None:
        earlier = conversation.messages.filter(client_id=client_id).first()
        if earlier is not None:
            if (earlier.content, earlier.answers) != (content, dict(answers or {})):
                raise Conflict("This client_id was used for another message.", code="client_id_reused")
            return earlier
    seq = conversation.last_seq + 1
    about = Subject(type="conversation", id=conversation.pk)
    run = submit_run(
        owner=conversation.owner, kind=CONVERSE, submission=Submission(parameters={"turn": seq}, subject=about)
    )
    message = Message.objects.create(
        conversation=conversation,
        seq=seq,
        role=Message.Role.USER,
        content=content,
        answers=dict(answers or {}),
        client_id=client_id,
        run=run,
    )
    Conversation.objects.filter(pk=conversation.pk).update(last_seq=F("last_seq") + 1, updated_at=timezone.now())
    publish(topic_of(conversation.pk), [("message", message_data(message))])
    return message


@transaction.atomic
def rename_conversation(*, conversation: Conversation, title: str) -> Conversation:
    """Call a conversation something else; its strategy keeps its name."""
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    conversation.title = title
    conversation.state = {**conversation.state, "title": title}
    conversation.updated_at = timezone.now()
    conversation.save(update_fields=["title", "state", "updated_at"])
    return conversation


@transaction.atomic
def delete_conversation(*, conversation: Conversation) -> None:
    """Remove a conversation with its messages; its strategy stays. Refused while a run works on it."""
    runs = Run.objects.about(conversation)
    if runs.unfinished().exists():
        raise Conflict("A turn is still being worked on: wait for it or cancel its run.", code="run_unfinished")
    forget(topic_of(conversation.pk))
    runs.delete()
    conversation.delete()
