"""The hub of a web process: topic → sockets. One query reads for all of them, and each message is written once.

A notification says that a topic may have news. The hub then reads what was committed after its own position, and hands
it to the outbox of each socket that follows the topic; a socket that came later begins after what it has been sent.
Everything here happens on one event loop; only queries run in a thread.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from django.contrib.auth.models import User

from strategy_api.runs import notifications, topic_types
from strategy_api.runs.event_reader import read
from strategy_api.runs.sockets.messages import Encoding
from strategy_api.runs.sockets.outbox import MOST_EVENTS, Item, Outbox
from strategy_api.runs.topic_types import Event, Position, State

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
# How many hand-overs the loop does before it looks after others.
OFFERS_AT_ONCE = 2_000


@dataclass(eq=False, kw_only=True)
class Subscription:
    """A topic that a socket follows, by the name that it has there; `cursor` is the last event that it was given."""

    name: str
    topic: str
    outbox: Outbox
    encoding: Encoding
    wanted: Callable[[Event], bool] = lambda event: True
    cursor: int = 0


@dataclass(eq=False)
class Feed:
    """A topic that is followed: how far it has been handed on, and to whom."""

    position: Position
    stop: Callable[[], None]
    subscriptions: set[Subscription] = field(default_factory=set)
    # Those that still read what they missed.
    joining: int = 0


@dataclass(frozen=True, kw_only=True)
class Found:
    """A topic as it was found: what a follower missed, or None where that cannot be made good, and all states."""

    topic: str
    position: Position
    missed: list[Event] | None
    states: list[State]


class Hub:
    """Hands on what happens to the sockets that follow it."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}
        self._changed: set[str] = set()
        self._work: asyncio.Task[None] | None = None

    @property
    def topics(self) -> int:
        """How many topics are followed."""
        return len(self._feeds)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions there are."""
        return sum(len(feed.subscriptions) for feed in self._feeds.values())

    async def look(self, user: User, asked: Collection[tuple[str, int | None]]) -> dict[str, Found]:
        """Return the topics that there are for a user, by name; each name comes with the last event that they have."""
        return await read(partial(_look, user, asked))

    async def join(self, subscription: Subscription, found: Found) -> None:
        """Follow a topic: first what was missed, then what happens; wait for room where the client is slow."""
        feed = self._feeds.get(subscription.topic)
        if feed is None:
            feed = self._feeds[subscription.topic] = self._follow(subscription.topic, found.position)
        feed.joining += 1
        try:
            if found.missed is None:
                await self._resync(subscription, found.position.seq)
            await self._catch_up(subscription, feed, found)
            feed.subscriptions.add(subscription)
        finally:
            feed.joining -= 1
            self._close_if_idle(subscription.topic, feed)

    def leave(self, subscription: Subscription) -> None:
        """Follow a topic no more."""
        feed = self._feeds.get(subscription.topic)
        if feed is not None:
            feed.subscriptions.discard(subscription)
            self._close_if_idle(subscription.topic, feed)

    def close(self) -> None:
        """Stop: the process ends."""
        if self._work is not None:
            self._work.cancel()
        for feed in self._feeds.values():
            feed.stop()
        self._feeds.clear()

    def _follow(self, topic: str, position: Position) -> Feed:
        loop = asyncio.get_running_loop()
        stop = notifications.listen(topic, partial(notifications.call_soon, loop, self._look_again, topic))
        # What was committed between the query and the listening is nobody's news.
        self._look_again(topic)
        return Feed(position, stop)

    def _close_if_idle(self, topic: str, feed: Feed) -> None:
        if not feed.subscriptions and not feed.joining and self._feeds.get(topic) is feed:
            del self._feeds[topic]
            feed.stop()

    async def _catch_up(self, subscription: Subscription, feed: Feed, found: Found) -> None:
        """Hand over what was missed, and then what others were handed meanwhile."""
        missed, states = found.missed or [], found.states
        subscription.cursor = found.position.seq if not missed else missed[0]["seq"] - 1
        version = found.position.states
        while True:
            for event in missed:
                subscription.cursor = event["seq"]
                if subscription.wanted(event):
                    text = subscription.encoding.event(subscription.name, event)
                    await subscription.outbox.put(Item(text, subscription.name, event["seq"]))
            for state in states:
                _offer_state(subscription, state, {})
                version = max(version, state.version)
            # From here to the return nothing is awaited: what comes next is handed on by the feed.
            if subscription.cursor >= feed.position.seq and version >= feed.position.states:
                return
            # What the feed has handed on is committed: the query finds it, unless it was removed.
            at = feed.position
            missed, states = await read(partial(_after, subscription.topic, subscription.cursor, version))
            version = max(version, at.states)
            if missed and _gap(missed, subscription.cursor):
                await self._resync(subscription, missed[0]["seq"] - 1)
            elif not missed:
                subscription.cursor = max(subscription.cursor, at.seq)

    async def _resync(self, subscription: Subscription, seq: int) -> None:
        subscription.cursor = seq
        text = subscription.encoding.resync(subscription.name, seq)
        await subscription.outbox.put(Item(text, subscription.name, seq))

    def _look_again(self, topic: str) -> None:
        self._changed.add(topic)
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._hand_on())

    async def _hand_on(self) -> None:
        try:
            while self._changed:
                topics, self._changed = self._changed, set()
                asked = {topic: self._feeds[topic].position for topic in topics if topic in self._feeds}
                try:
                    events, states = await read(partial(_news, asked))
                except Exception:
                    logger.exception("Reading events for sockets failed; reading again in a second")
                    await asyncio.sleep(RETRY_SECONDS)
                    self._changed |= topics
                    continue
                for topic in asked:
                    if feed := self._feeds.get(topic):
                        await _hand_to(feed, events[topic], states[topic])
                        if len(events[topic]) == MOST_EVENTS:
                            self._changed.add(topic)
        finally:
            self._work = None


def _look(user: User, asked: Collection[tuple[str, int | None]]) -> dict[str, Found]:
    """Read positions first: what is found after them is new to nobody, or handed on later."""
    topics = topic_types.resolve(user, [name for name, _ in asked])
    positions = topic_types.positions(set(topics.values()))
    after = {
        (topics[name], seq)
        for name, seq in asked
        if seq is not None and name in topics and _can_be_sent_again(positions.get(topics[name]), seq)
    }
    events = topic_types.events_after_each(after, limit=MOST_EVENTS) if after else {}
    states = topic_types.states_after_each([(topic, 0) for topic in positions])
    return {
        name: Found(
            topic=topics[name],
            position=positions[topics[name]],
            missed=_missed(events, topics[name], seq, positions[topics[name]]),
            states=states[topics[name], 0],
        )
        for name, seq in asked
        if name in topics and topics[name] in positions
    }


def _can_be_sent_again(position: Position | None, seq: int) -> bool:
    return position is not None and 0 <= position.seq - seq <= MOST_EVENTS


def _missed(
    events: dict[tuple[str, int], topic_types.Events], topic: str, seq: int | None, position: Position
) -> list[Event] | None:
    if seq is None:
        return []
    if (topic, seq) not in events:
        return None
    missed = events[topic, seq][0]
    removed = _gap(missed, seq) or (not missed and seq < position.seq)
    return None if removed else missed


def _gap(events: list[Event], cursor: int) -> bool:
    return bool(events) and events[0]["seq"] != cursor + 1


def _after(topic: str, seq: int, version: int) -> tuple[list[Event], list[State]]:
    events, _ = topic_types.events_after(topic, seq, limit=MOST_EVENTS)
    return events, topic_types.states_after_each([(topic, version)])[topic, version]


def _news(asked: dict[str, Position]) -> tuple[dict[str, list[Event]], dict[str, list[State]]]:
    events = topic_types.events_after_each([(topic, at.seq) for topic, at in asked.items()], limit=MOST_EVENTS)
    states = topic_types.states_after_each([(topic, at.states) for topic, at in asked.items()])
    return (
        {topic: events[topic, at.seq][0] for topic, at in asked.items()},
        {topic: states[topic, at.states] for topic, at in asked.items()},
    )


async def _hand_to(feed: Feed, events: list[Event], states: list[State]) -> None:
    offered = 0
    for event in events:
        if event["seq"] != feed.position.seq + 1:
            _skip_to(feed, event["seq"] - 1)
        feed.position = feed.position._replace(seq=event["seq"])
        texts: dict[tuple[Encoding, str], str] = {}
        for one in feed.subscriptions:
            if event["seq"] > one.cursor:
                one.cursor = event["seq"]
                if one.wanted(event):
                    written = (one.encoding, one.name)
                    if written not in texts:
                        texts[written] = one.encoding.event(one.name, event)
                    one.outbox.offer(Item(texts[written], one.name, event["seq"]))
        offered += len(feed.subscriptions)
        if offered >= OFFERS_AT_ONCE:
            offered = 0
            await asyncio.sleep(0)
    for state in states:
        feed.position = feed.position._replace(states=max(feed.position.states, state.version))
        texts = {}
        for one in feed.subscriptions:
            _offer_state(one, state, texts)


def _skip_to(feed: Feed, seq: int) -> None:
    """Say that events were removed before anybody was given them."""
    for one in feed.subscriptions:
        if one.cursor < seq:
            one.cursor = seq
            one.outbox.offer(Item(one.encoding.resync(one.name, seq), one.name, seq))


def _offer_state(one: Subscription, state: State, texts: dict[tuple[Encoding, str], str]) -> None:
    written = (one.encoding, one.name)
    if written not in texts:
        texts[written] = one.encoding.state(one.name, state)
    one.outbox.offer_state(state.key, Item(texts[written], one.name, one.cursor))
