"""Topics: what can be followed. A topic has numbered events, and perhaps states of which only the latest counts.

A topic is named by its type and a key, as in `run:3f0a2d1c-…`; one that every user has, as `scanner`, by its type
alone. A type is one record; registering it lets its topics be followed over SSE and over sockets:

    register(TopicType(name="conversation", readable=readable_conversations, log=StoredLog("conversation")))

Apps register theirs in a module called `topics`, which is imported when Django starts.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from django.contrib.auth.models import User

Event = dict[str, Any]
# Events in their order, and whether nothing can follow them.
Events = tuple[list[Event], bool]


class Position(NamedTuple):
    """How far a topic is: the number of its last event, and a number that grows with every change of its states."""

    seq: int
    states: int = 0


class State(NamedTuple):
    """The latest that is known under a key of a topic; `version` is the position at which it was set."""

    key: str
    data: dict[str, Any]
    version: int


class TopicLog(Protocol):
    """Reads the rows of all topics of one type, many at once. An event is a dict of seq, type, data, created_at."""

    def positions(self, keys: Collection[str]) -> dict[str, Position]:
        """Return how far the topics are; one that is not there is left out."""

    def events_after_each(self, wanted: Collection[tuple[str, int]], *, limit: int) -> dict[tuple[str, int], Events]:
        """Return for each key and number at most `limit` events after it, oldest first, and whether they are the last.

        Numbers have no gaps: a first event that is not the next one says that those before it were removed.
        """

    def states_after_each(self, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[State]]:
        """Return for each key and version the states that were set after it, oldest first."""


@dataclass(frozen=True, kw_only=True)
class TopicType:
    """Everything that is known of a type of topic.

    `readable` returns which of the keys a user may follow; a key that means nothing is left out. `log` reads the rows.
    With `own`, every user has one such topic, kept under their number (`scanner:7`) and asked for by the type alone
    (`scanner`).
    """

    name: str
    readable: Callable[[User, Collection[str]], set[str]]
    log: TopicLog
    own: bool = False


_types: dict[str, TopicType] = {}


def register(topic_type: TopicType) -> TopicType:
    """Add a type; two of one name are a mistake."""
    if _types.setdefault(topic_type.name, topic_type) is not topic_type:
        raise ValueError(f"There are two types of topic called {topic_type.name!r}.")
    return topic_type


def unregister(topic_type: TopicType) -> None:
    """Forget a type; for tests that bring their own."""
    _types.pop(topic_type.name, None)


def names() -> list[str]:
    """Return the names of all types."""
    return sorted(_types)


def topic_name(type_name: str, key: object = "") -> str:
    """Return the name of a topic."""
    return f"{type_name}:{key}" if str(key) else type_name


def readable(user: User, topics: Collection[str]) -> set[str]:
    """Return which of the topics there are for a user: those that exist and that they may read."""
    found = set()
    for topic_type, keys in _by_type(topics).items():
        known = topic_type.readable(user, keys)
        found |= {topic_name(topic_type.name, key) for key in keys if key in known}
    return found


def resolve(user: User, asked: Collection[str]) -> dict[str, str]:
    """Return the topics that there are for a user, by the names that they are asked for."""
    own = {one.name: topic_name(one.name, user.pk) for one in _types.values() if one.own}
    others = readable(user, [name for name in asked if name not in own and name.partition(":")[0] not in own])
    return {name: own.get(name, name) for name in asked if name in own or name in others}


def positions(topics: Collection[str]) -> dict[str, Position]:
    """Return how far topics are, in one query a type; one that is not there is left out."""
    return {
        topic_name(topic_type.name, key): position
        for topic_type, keys in _by_type(topics).items()
        for key, position in topic_type.log.positions(keys).items()
    }


def events_after(topic: str, seq: int, *, limit: int = 500) -> Events:
    """Return a topic's events after a number, oldest first, and whether nothing can follow them."""
    return events_after_each([(topic, seq)], limit=limit)[topic, seq]


def events_after_each(wanted: Collection[tuple[str, int]], *, limit: int = 500) -> dict[tuple[str, int], Events]:
    """Return the same for many topics and numbers at once."""
    found = {}
    for topic_type, asked in _by_type_with_number(wanted).items():
        for (key, seq), events in topic_type.log.events_after_each(asked, limit=limit).items():
            found[topic_name(topic_type.name, key), seq] = events
    return found


def states_after_each(wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[State]]:
    """Return for many topics the states that were set after a version."""
    found = {}
    for topic_type, asked in _by_type_with_number(wanted).items():
        for (key, version), states in topic_type.log.states_after_each(asked).items():
            found[topic_name(topic_type.name, key), version] = states
    return found


def own_key(user: User, keys: Collection[str]) -> set[str]:
    """Say of topics that every user has one of which a user may follow: their own."""
    return {str(user.pk)} & set(keys)


def _split(topic: str) -> tuple[TopicType | None, str]:
    name, colon, key = topic.partition(":")
    # `run:` is not another name for `run`.
    return (None, "") if colon and not key else (_types.get(name), key)


def _by_type(topics: Collection[str]) -> dict[TopicType, list[str]]:
    found: dict[TopicType, list[str]] = defaultdict(list)
    for topic in topics:
        topic_type, key = _split(topic)
        if topic_type is not None:
            found[topic_type].append(key)
    return found


def _by_type_with_number(wanted: Collection[tuple[str, int]]) -> dict[TopicType, list[tuple[str, int]]]:
    found: dict[TopicType, list[tuple[str, int]]] = defaultdict(list)
    for topic, number in wanted:
        topic_type, key = _split(topic)
        if topic_type is not None:
            found[topic_type].append((key, number))
    return found
