"""Server-Sent Events: each event once, in order, from where the reader left off."""

import asyncio
import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from strategy_api.runs import events, outcomes, sse, topic_types
from strategy_api.runs.models import Run
from tests.integration.test_runs import run  # noqa: F401  # a fixture


async def read(run_id: object, after: int) -> list[bytes]:
    """Read a stream to its end."""
    return [chunk async for chunk in sse.follow(events.topic_of(run_id), after)]


def numbers(chunks: list[bytes]) -> list[int]:
    """Return the event numbers of a stream."""
    return [int(chunk.split(b"\n")[0].removeprefix(b"id: ")) for chunk in chunks if chunk.startswith(b"id")]


class TestStream:
    def test_delivers_what_happens_while_it_is_open(self, run: Run) -> None:  # noqa: F811
        def work() -> None:
            for _ in range(30):
                events.append_event(run.pk, "test.step")
            outcomes.finish(run.pk, Run.State.SUCCEEDED, lease_token=None)
            connection.close()

        async def follow() -> list[bytes]:
            reader = asyncio.create_task(read(run.pk, 0))
            await asyncio.sleep(0.2)
            worker = threading.Thread(target=work)
            worker.start()
            chunks = await asyncio.wait_for(reader, 20)
            await asyncio.to_thread(worker.join)
            return chunks

        chunks = asyncio.run(follow())

        assert numbers(chunks) == list(range(1, 33))
        assert b"event: run.succeeded" in chunks[-1]

    def test_goes_on_where_the_reader_left_off(self, run: Run) -> None:  # noqa: F811
        for _ in range(5):
            events.append_event(run.pk, "test.step")
        outcomes.finish(run.pk, Run.State.CANCELLED, lease_token=None)

        chunks = asyncio.run(read(run.pk, 4))

        assert numbers(chunks) == [5, 6, 7]

    def test_reads_for_many_readers_at_once(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
        for _ in range(5):
            events.append_event(run.pk, "test.step")
        outcomes.finish(run.pk, Run.State.SUCCEEDED, lease_token=None)
        reads, real = [], topic_types.events_after_each
        monkeypatch.setattr(topic_types, "events_after_each", lambda wanted: reads.append(len(wanted)) or real(wanted))

        async def follow() -> list[list[bytes]]:
            return await asyncio.gather(*(read(run.pk, number % 3) for number in range(60)))

        streamed = asyncio.run(follow())

        assert [numbers(chunks)[0] for chunks in streamed] == [number % 3 + 1 for number in range(60)]
        assert all(numbers(chunks)[-1] == 7 for chunks in streamed)
        assert len(reads) < 10

    def test_is_not_over_while_events_are_cut_off(self, run: Run) -> None:  # noqa: F811
        for _ in range(5):
            events.append_event(run.pk, "test.step")
        outcomes.finish(run.pk, Run.State.SUCCEEDED, lease_token=None)

        some, over = topic_types.events_after(events.topic_of(run.pk), 0, limit=3)
        rest, over_then = topic_types.events_after(events.topic_of(run.pk), 3, limit=500)

        assert ([event["seq"] for event in some], over) == ([1, 2, 3], False)
        assert ([event["seq"] for event in rest], over_then) == ([4, 5, 6, 7], True)

    def test_keeps_line_breaks_out_of_the_data(self) -> None:
        event = {"seq": 1, "type": "test", "data": {"text": "a\nb\r\nc"}, "created_at": "now"}

        chunk = sse.encode(event)

        assert chunk.count(b"\n") == 4
        assert chunk.endswith(b"\n\n")

    @pytest.mark.usefixtures("owner")
    def test_is_what_a_browser_gets(self, api: APIClient, run: Run, owner: User) -> None:  # noqa: F811
        answer = api.get(f"/api/runs/{run.pk}/events/", headers={"Accept": "text/event-stream"})

        assert answer["Content-Type"] == "text/event-stream"
        assert answer["Cache-Control"] == "no-cache"
        answer.close()


class TestGate:
    def test_limits_the_streams_of_a_user(self, api: APIClient, run: Run, settings: object) -> None:  # noqa: F811
        settings.STREAMS_LIMIT = 2
        address, sse = f"/api/runs/{run.pk}/events/", {"Accept": "text/event-stream"}

        first, second, third = (api.get(address, headers=sse) for _ in range(3))
        first.close()
        fourth = api.get(address, headers=sse)

        assert [answer.status_code for answer in (first, second, third, fourth)] == [200, 200, 429, 200]
        assert third.json()["code"] == "too_many_streams"
        second.close()
        fourth.close()
