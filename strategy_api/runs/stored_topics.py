"""Topics of things that have no events of their own: rows here, numbered and read as those of runs are.

publish("conversation:3f0a…", [("message", {"content": "Hello"})])
publish("scanner", states={"BTCUSDT": {"score": 71}})
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from strategy_api.runs import notifications
from strategy_api.runs.event_data import kept
from strategy_api.runs.event_rows import rows_after_each, smallest_numbers
from strategy_api.runs.models import Topic, TopicEvent, TopicState
from strategy_api.runs.topic_types import Events, Position, State, topic_name


@transaction.atomic
def publish(
    topic: str,
    events: Sequence[tuple[str, Mapping[str, Any]]] = (),
    *,
    states: Mapping[str, Mapping[str, Any]] | None = None,
) -> int:
    """Append events (kind and data) and set states by key, together; return the number of the last event.

    What is published in a transaction is seen when that commits. Numbers are taken by an update of the topic's row: the
    row lock makes them appear in the order of their commits. Where much happens, publish many at once, at most ten
    times a second.
    """
    row, _ = Topic.objects.get_or_create(name=topic)
    Topic.objects.filter(pk=row.pk).update(
        last_seq=F("last_seq") + len(events), state_seq=F("state_seq") + bool(states)
    )
    row.refresh_from_db(fields=["last_seq", "state_seq"])
    first = row.last_seq - len(events) + 1
    TopicEvent.objects.bulk_create(
        TopicEvent(topic=row, seq=seq, type=kind, data=kept(data)) for seq, (kind, data) in enumerate(events, first)
    )
    if states:
        _set_states(row, states)
    transaction.on_commit(partial(notifications.notify, topic))
    last: int = row.last_seq
    return last


def forget(topic: str) -> None:
    """Remove a topic with all of its events; for what is deleted."""
    Topic.objects.filter(name=topic).delete()


def _set_states(row: Topic, states: Mapping[str, Mapping[str, Any]]) -> None:
    now = timezone.now()
    TopicState.objects.bulk_create(
        (
            TopicState(topic=row, key=key, data=kept(data), version=row.state_seq, updated_at=now)
            for key, data in states.items()
        ),
        update_conflicts=True,
        unique_fields=["topic", "key"],
        update_fields=["data", "version", "updated_at"],
    )


class StoredLog:
    """The log of a type whose topics are published here."""

    def __init__(self, type_name: str) -> None:
        self._type_name = type_name

    def positions(self, keys: Collection[str]) -> dict[str, Position]:
        """Return how far the topics are; one that nothing was published on is at 0."""
        names = {topic_name(self._type_name, key): key for key in keys}
        rows = Topic.objects.filter(name__in=names).values_list("name", "last_seq", "state_seq")
        found = {names[name]: Position(seq, states) for name, seq, states in rows}
        return {key: found.get(key, Position(0)) for key in keys}

    def events_after_each(self, wanted: Collection[tuple[str, int]], *, limit: int) -> dict[tuple[str, int], Events]:
        """Return the events after each number; such a topic never ends."""
        first = smallest_numbers(wanted)
        names = {topic_name(self._type_name, key): key for key in first}
        keys = {pk: names[name] for pk, name in Topic.objects.filter(name__in=names).values_list("pk", "name")}
        numbers = {pk: first[key] for pk, key in keys.items()}
        rows = rows_after_each(TopicEvent.objects.all(), "topic_id", numbers, limit=limit)
        events = {key: rows[pk] for pk, key in keys.items()}
        return {
            (key, seq): ([event for event in events.get(key, []) if event["seq"] > seq][:limit], False)
            for key, seq in wanted
        }

    def states_after_each(self, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[State]]:
        """Return the states that were set after each version."""
        names = {topic_name(self._type_name, key): key for key, _ in wanted}
        rows = TopicState.objects.filter(topic__name__in=names).order_by("version", "pk")
        states: dict[str, list[State]] = defaultdict(list)
        for name, *state in rows.values_list("topic__name", "key", "data", "version"):
            states[names[name]].append(State(*state))
        return {(key, after): [one for one in states[key] if one.version > after] for key, after in wanted}
