"""The broker that is a directory: nothing is torn, nothing is lost, nothing is delivered twice to the living."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

from algoagent import directory_broker
from algoagent.directory_broker import Spool

directory_broker.register()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool in an empty directory."""
    return Spool(tmp_path)


def hold_forever(directory: str) -> None:
    """Take one message and never answer."""
    Spool(Path(directory)).claim("work")
    (Path(directory) / "taken").touch()
    time.sleep(60)


def drain(directory: str, taken: str) -> None:
    """Take messages until none are left, and note each."""
    spool = Spool(Path(directory))
    while True:
        try:
            message, held = spool.claim("work")
        except Empty:
            return
        with Path(taken).open("a") as notes:
            notes.write(f"{message['number']}\n")
        held.unlink()


class TestSpool:
    def test_gives_messages_in_order(self, spool: Spool) -> None:
        for number in range(5):
            spool.put("work", {"number": number})

        taken = [spool.claim("work")[0]["number"] for _ in range(5)]

        assert taken == [0, 1, 2, 3, 4]
        with pytest.raises(Empty):
            spool.claim("work")

    def test_keeps_queues_apart(self, spool: Spool) -> None:
        spool.put("one", {"number": 1})

        with pytest.raises(Empty):
            spool.claim("two")

    def test_never_shows_half_a_message(self, spool: Spool, tmp_path: Path) -> None:
        (spool.queue("work") / ".00-half.json").write_text('{"numb')

        with pytest.raises(Empty):
            spool.claim("work")

    @pytest.mark.parametrize("name", ["../out", "a/b", "", ".", "..", "a b"])
    def test_refuses_names_that_could_leave_the_directory(self, spool: Spool, name: str) -> None:
        with pytest.raises(ValueError, match="Not a queue name"):
            spool.put(name, {})

    def test_puts_back_what_a_killed_consumer_held(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        spool.put("work", {"number": 7})
        consumer = multiprocessing.get_context("spawn").Process(target=hold_forever, args=(str(tmp_path),))
        consumer.start()
        while not (tmp_path / "taken").exists():
            time.sleep(0.01)

        with pytest.raises(Empty):
            spool.claim("work")
        os.kill(consumer.pid, signal.SIGKILL)
        consumer.join()
        spool._next_rescue = 0.0

        assert spool.claim("work")[0] == {"number": 7}

    def test_gives_each_message_to_one_of_many_consumers(self, spool: Spool, tmp_path: Path) -> None:
        for number in range(200):
            spool.put("work", {"number": number})
        notes = tmp_path / "notes"
        context = multiprocessing.get_context("spawn")
        consumers = [context.Process(target=drain, args=(str(tmp_path), str(notes))) for _ in range(2)]

        for consumer in consumers:
            consumer.start()
        for consumer in consumers:
            consumer.join()

        assert sorted(map(int, notes.read_text().split())) == list(range(200))


class TestTransport:
    @pytest.fixture
    def connection(self, tmp_path: Path) -> Connection:
        """A kombu connection to an empty directory."""
        return Connection("algoagent-directory://", transport_options={"directory": str(tmp_path)})

    def test_delivers_and_forgets_what_is_acknowledged(self, connection: Connection, tmp_path: Path) -> None:
        queue = Queue("work", Exchange("work"), routing_key="work")
        connection.Producer().publish({"number": 1}, exchange=queue.exchange, routing_key="work", declare=[queue])

        got = []
        with connection.Consumer([queue], callbacks=[lambda body, message: (got.append(body), message.ack())]):
            connection.drain_events(timeout=2)

        assert got == [{"number": 1}]
        assert not list(tmp_path.rglob("*.json"))

    def test_redelivers_what_was_not_acknowledged(self, connection: Connection, tmp_path: Path) -> None:
        queue = Queue("work", Exchange("work"), routing_key="work")
        connection.Producer().publish({"number": 1}, exchange=queue.exchange, routing_key="work", declare=[queue])
        with connection.Consumer([queue], callbacks=[lambda *_: None]):
            connection.drain_events(timeout=2)

        connection.close()

        again = Connection("algoagent-directory://", transport_options={"directory": str(tmp_path)})
        got = []
        with again.Consumer([queue], callbacks=[lambda body, message: (got.append(body), message.ack())]):
            again.drain_events(timeout=2)
        assert got == [{"number": 1}]
