"""The follower that the guides offer, and the bench of sockets in a small form, which kills the server."""

import contextlib
import importlib.util
import json
import sys
import threading
import time
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User

from strategy_api.accounts.models import Token
from strategy_api.runs import events
from strategy_api.runs.models import Run
from tests.processes import ROOT, free_port
from tests.socket_bench import __main__ as bench
from tests.sockets import socket_server

FILE = ROOT / "docs/guides/algoagent_sockets.py"


@pytest.fixture(scope="module")
def follow() -> Any:
    """The function, as a user copies it."""
    spec = importlib.util.spec_from_file_location("algoagent_sockets", FILE)
    assert spec
    assert spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def owner(transactional_db: None) -> User:
    """Somebody with runs."""
    return User.objects.create_user("owner")


@pytest.fixture
def token(owner: User) -> str:
    return str(Token.objects.create(user=owner)[1])


class Reader:
    """Follows topics in a thread and keeps what it is given."""

    def __init__(self, follow: Any, port: int, token: str, topics: dict[str, int]) -> None:
        self.numbers: dict[str, list[int]] = {name: [] for name in topics}
        self._messages = follow.follow(f"http://127.0.0.1:{port}", token, topics, tries=30)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        # The server ends before its readers do.
        with contextlib.suppress(Exception):
            for message in self._messages:
                self.numbers[message["topic"]].append(message["seq"])

    def wait_for(self, last: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while any(numbers[-1:] != [last] for numbers in self.numbers.values()) and time.monotonic() < deadline:
            time.sleep(0.05)


def write(runs: list[Run], count: int) -> None:
    for _ in range(count):
        for run in runs:
            events.append_event(run.pk, "test.step")


class TestFollower:
    def test_misses_nothing_when_the_server_goes_and_comes(self, follow: Any, owner: User, token: str) -> None:
        runs = [Run.objects.create(owner=owner, kind="execute") for _ in range(2)]
        port = free_port()
        with socket_server(port):
            reader = Reader(follow, port, token, {events.topic_of(run.pk): 0 for run in runs})
            write(runs, 10)
        write(runs, 10)
        with socket_server(port):
            write(runs, 10)
            reader.wait_for(30)

        assert list(reader.numbers.values()) == [list(range(1, 31))] * 2

    @pytest.mark.usefixtures("owner")
    def test_says_what_is_not_there(self, follow: Any, token: str) -> None:
        with socket_server() as server, pytest.raises(follow.Refused) as refused:
            next(follow.follow(server.origin, token, {"run:none": 0}))

        assert refused.value.code == "not_found"

    @pytest.mark.usefixtures("owner")
    def test_gives_up_where_it_is_not_known(self, follow: Any) -> None:
        with socket_server() as server, pytest.raises(follow.Refused) as refused:
            next(follow.follow(server.origin, "wrong", {"scanner": 0}))

        assert refused.value.code == 4401


@pytest.mark.timeout(900)
class TestBench:
    def test_holds_in_a_small_form(self, capsys: pytest.CaptureFixture[str]) -> None:
        small = {"sockets": 20, "topics": 10, "seconds": 1, "mutes": 2, "kills": 1, "cycles": 200, "misuses": 8}

        status = bench.main([f"--{name}={value}" for name, value in small.items()])

        figures = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert status == 0, figures
        assert figures["hub"]["messages"] > 0
        assert figures["through kill -9"]["breaks"]
        assert figures["tickets"] == {"misuses": 8, "accepted": 0, "refused_rightful": 0}
