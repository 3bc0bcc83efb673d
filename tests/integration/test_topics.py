"""Topics: numbered events and states of things that are no runs, and who may follow what."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from strategy_api.common import retention
from strategy_api.runs import sse, topic_types
from strategy_api.runs.models import Run, TopicEvent
from strategy_api.runs.stored_topics import StoredLog, forget, publish
from strategy_api.runs.topic_types import Position, TopicType
from tests.integration.test_runs import run  # noqa: F401  # a fixture


@pytest.fixture
def notes() -> Iterator[TopicType]:
    """A type of topic whose keys are the names of those who may read them."""
    notes = TopicType(name="note", readable=lambda user, keys: {user.username} & set(keys), log=StoredLog("note"))
    topic_types.register(notes)
    yield notes
    topic_types.unregister(notes)


def numbers(events: list[dict]) -> list[int]:
    return [event["seq"] for event in events]


@pytest.mark.usefixtures("notes")
class TestStoredTopic:
    @pytest.mark.django_db
    def test_numbers_events_without_gaps(self) -> None:
        first = publish("note:ann", [("said", {"text": "a"}), ("said", {"text": "b"})])
        second = publish("note:ann", [("said", {"text": "c"})])

        events, finished = topic_types.events_after("note:ann", 1)

        assert (first, second, finished) == (2, 3, False)
        assert [(event["seq"], event["type"], event["data"]) for event in events] == [
            (2, "said", {"text": "b"}),
            (3, "said", {"text": "c"}),
        ]

    @pytest.mark.django_db
    def test_keeps_the_newest_state_of_each_key(self) -> None:
        publish("note:ann", states={"BTC": {"price": 1}, "ETH": {"price": 2}})
        seen = topic_types.positions(["note:ann"])["note:ann"].states
        publish("note:ann", states={"BTC": {"price": 3}})

        found = topic_types.states_after_each([("note:ann", 0), ("note:ann", seen)])

        assert [(state.key, state.data) for state in found["note:ann", 0]] == [
            ("ETH", {"price": 2}),
            ("BTC", {"price": 3}),
        ]
        assert [state.key for state in found["note:ann", seen]] == ["BTC"]

    @pytest.mark.django_db
    def test_has_no_events_before_the_first(self) -> None:
        assert topic_types.positions(["note:ann"]) == {"note:ann": Position(0, 0)}
        assert topic_types.events_after("note:ann", 0) == ([], False)

    @pytest.mark.django_db
    def test_is_written_with_its_transaction_or_not_at_all(self) -> None:
        with transaction.atomic():
            publish("note:ann", [("said", {})])
            transaction.set_rollback(True)

        assert publish("note:ann", [("said", {})]) == 1

    @pytest.mark.django_db
    def test_gives_each_reader_its_share_beside_one_with_much(self) -> None:
        publish("note:loud", [("said", {})] * 60)
        publish("note:quiet", [("said", {})] * 3)

        found = topic_types.events_after_each([("note:loud", 0), ("note:quiet", 1)], limit=5)

        assert numbers(found["note:loud", 0][0]) == [1, 2, 3, 4, 5]
        assert numbers(found["note:quiet", 1][0]) == [2, 3]

    @pytest.mark.django_db
    def test_survives_data_that_cannot_be_stored(self) -> None:
        publish("note:ann", [("said", {"text": "x" * 70_000}), ("said", {"what": object()})])

        assert [event["data"] for event in topic_types.events_after("note:ann", 0)[0]] == [
            {"not_storable": ["text"]},
            {"not_storable": ["what"]},
        ]

    @pytest.mark.django_db
    def test_is_forgotten_with_all_that_it_said(self) -> None:
        publish("note:ann", [("said", {})], states={"BTC": {}})

        forget("note:ann")

        assert topic_types.positions(["note:ann"]) == {"note:ann": Position(0, 0)}
        assert topic_types.events_after("note:ann", 0) == ([], False)

    @pytest.mark.django_db
    def test_loses_old_events_but_its_last(self) -> None:
        publish("note:ann", [("said", {})] * 5)
        TopicEvent.objects.update(created_at=timezone.now() - timedelta(days=400))
        publish("note:bob", [("said", {})])

        retention.RULES["topic_events"]()

        assert numbers(topic_types.events_after("note:ann", 0)[0]) == [5]
        assert numbers(topic_types.events_after("note:bob", 0)[0]) == [1]

    @pytest.mark.django_db(transaction=True)
    def test_is_streamed_while_it_grows(self) -> None:
        def write() -> None:
            for number in range(20):
                publish("note:ann", [("said", {"number": number})])
            connection.close()

        async def follow() -> list[bytes]:
            chunks: list[bytes] = []
            writer = threading.Thread(target=write)
            writer.start()
            async with asyncio.timeout(20):
                async for chunk in sse.follow("note:ann", 0):
                    chunks.append(chunk)
                    if len(chunks) == 20:
                        break
            await asyncio.to_thread(writer.join)
            return chunks

        chunks = asyncio.run(follow())

        assert [chunk.split(b"\n")[0] for chunk in chunks] == [f"id: {number}".encode() for number in range(1, 21)]


@pytest.mark.django_db
class TestNames:
    @pytest.mark.usefixtures("notes")
    def test_are_readable_to_whom_the_type_says(self) -> None:
        ann = User.objects.create_user("ann")

        assert topic_types.readable(ann, ["note:ann", "note:bob"]) == {"note:ann"}

    @pytest.mark.parametrize(
        "name", ["", ":", "run", "run:", "run:x", "run:1", "nothing:1", "note", "RUN:1", "a" * 9999]
    )
    def test_that_mean_nothing_are_readable_to_nobody(self, name: str) -> None:
        staff = User.objects.create_user("staff", is_staff=True)

        assert topic_types.readable(staff, [name]) == set()

    def test_of_runs_are_for_their_owner_and_staff(self, run: Run) -> None:  # noqa: F811
        other, staff = User.objects.create_user("other"), User.objects.create_user("staff", is_staff=True)
        name, unknown = f"run:{run.pk}", f"run:{uuid.uuid4()}"

        found = [topic_types.readable(user, [name, unknown]) for user in (run.owner, other, staff)]

        assert found == [{name}, set(), {name}]

    def test_of_runs_are_written_in_one_way(self, run: Run) -> None:  # noqa: F811
        assert topic_types.readable(run.owner, [f"run:{str(run.pk).upper()}", f"run:{run.pk.hex}"]) == set()

    def test_are_registered_once(self) -> None:
        again = TopicType(name="run", readable=lambda user, keys: set(), log=StoredLog("run"))

        with pytest.raises(ValueError, match="two types of topic"):
            topic_types.register(again)
