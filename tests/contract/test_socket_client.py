"""The follower that the guides offer, against the real server, which is killed meanwhile."""

import importlib.util
import json
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.processes import ROOT
from tests.socket_bench import __main__ as bench
from tests.socket_bench.stage import Stage

FILE = ROOT / "docs/guides/algoagent_sockets.py"
PRODUCER = "tests.socket_bench.producer"


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


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A web server of its own, whose producer the tests start and kill."""
    stage = Stage(tmp_path_factory.mktemp("stage"))
    assert stage.python("manage.py", "migrate", "--verbosity", "0").wait() == 0
    stage.start()
    yield stage
    stage.stop()


@pytest.fixture(scope="module")
def made(stage: Stage) -> dict[str, Any]:
    """Two users with tokens, and two topics."""
    found: dict[str, Any] = stage.said("-m", PRODUCER, "prepare", "2", "2")
    return found


class Reader:
    """Follows topics in a thread and keeps what it is given."""

    def __init__(self, follow: Any, stage: Stage, token: str, topics: dict[str, int | None]) -> None:
        self.numbers: dict[str, list[int]] = {name: [] for name in topics}
        self._messages = follow.follow(f"http://127.0.0.1:{stage.port}", token, topics, tries=30)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for message in self._messages:
            assert message["type"] == "event"
            self.numbers[message["topic"]].append(message["seq"])

    def wait_for(self, last: dict[str, int], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while any(self.numbers[name][-1:] != [seq] for name, seq in last.items()) and time.monotonic() < deadline:
            time.sleep(0.05)


class TestFollower:
    def test_misses_nothing_when_web_and_worker_are_killed(self, follow: Any, stage: Stage, made: Any) -> None:
        reader = Reader(follow, stage, made["tokens"][0], dict.fromkeys(made["topics"], 0))
        for _ in range(2):
            worker = stage.python("-m", PRODUCER, "publish", "40", "300")
            try:
                stage.wait_for_events(20)
                stage.kill()
                stage.wait_for_events(10)
                stage.start()
                stage.wait_for_events(10)
            finally:
                worker.kill()
                worker.wait()
        last = stage.counts()
        reader.wait_for(last)

        assert reader.numbers == {name: list(range(1, seq + 1)) for name, seq in last.items()}

    def test_says_what_is_not_there(self, follow: Any, stage: Stage, made: Any) -> None:
        with pytest.raises(follow.Refused) as refused:
            next(follow.follow(f"http://127.0.0.1:{stage.port}", made["tokens"][0], {"run:none": 0}))

        assert refused.value.code == "not_found"

    def test_gives_up_where_it_is_not_known(self, follow: Any, stage: Stage, made: Any) -> None:
        with pytest.raises(follow.Refused) as refused:
            next(follow.follow(f"http://127.0.0.1:{stage.port}", "wrong", {made["topics"][0]: 0}))

        assert refused.value.code == 4401


class TestBench:
    def test_holds_in_a_small_form(self, capsys: pytest.CaptureFixture[str]) -> None:
        # Killing is done above.
        small = {"sockets": 20, "topics": 10, "seconds": 1, "mutes": 2, "kills": 0, "cycles": 200, "misuses": 8}

        status = bench.main([f"--{name}={value}" for name, value in small.items()])

        figures = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert status == 0, figures
        assert figures["hub"]["messages"] > 0
        assert figures["tickets"] == {"misuses": 8, "accepted": 0, "refused_rightful": 0}
