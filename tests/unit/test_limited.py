"""Text that nobody trusts is looked at by a child with limits, and whatever it does stays there."""

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.errors import Cancelled, EngineError, InvalidData
from backtest_engine.limited import LimitReached, run_limited
from tests.unit import limited_work


def code_of(function: Any, *arguments: Any, seconds: float = 5.0, memory_mb: int = 256) -> str:
    with pytest.raises(LimitReached) as raised:
        run_limited(function, *arguments, seconds=seconds, memory_mb=memory_mb)
    return raised.value.code


class TestRunLimited:
    @pytest.mark.parametrize("value", [None, 1, "x", [1, {"a": None}], "\ud800", "\x00", "x" * 1_000_000])
    def test_returns_what_the_function_returns(self, value: Any) -> None:
        assert run_limited(limited_work.echo, value, seconds=5) == value

    def test_takes_another_process_each_time(self) -> None:
        pids = {run_limited(limited_work.pid, seconds=5) for _ in range(3)}

        assert len(pids) == 3
        assert os.getpid() not in pids

    def test_raises_our_errors_as_they_were(self) -> None:
        with pytest.raises(InvalidData) as raised:
            run_limited(limited_work.refuse, seconds=5)

        assert raised.value.as_dict() == {
            "code": "invalid_data",
            "message": "no good",
            "line": 7,
            "hint": "mend it",
            "details": {"kind": "test"},
        }

    @pytest.mark.parametrize("function", [limited_work.fail, limited_work.unprintable])
    def test_says_nothing_of_what_failed_inside(self, function: Any) -> None:
        with pytest.raises((EngineError, LimitReached)) as raised:
            run_limited(function, seconds=5)

        assert "1234" not in str(raised.value)

    def test_ends_what_takes_too_long(self) -> None:
        began = time.monotonic()

        code = code_of(limited_work.backtrack, "a" * 40, seconds=0.5)

        assert code == "too_slow"
        assert time.monotonic() - began < 10

    def test_ends_what_takes_too_much_memory(self) -> None:
        assert code_of(limited_work.swallow) == "too_large"

    @pytest.mark.parametrize("function", [limited_work.overflow, limited_work.vanish])
    def test_survives_what_its_child_does_not(self, function: Any) -> None:
        assert code_of(function, memory_mb=2048, seconds=20) in ("crashed", "too_large")
        assert run_limited(limited_work.echo, 1, seconds=5) == 1

    def test_takes_no_answer_without_measure(self) -> None:
        assert code_of(limited_work.flood, memory_mb=1024) == "too_large"

    def test_stops_when_nobody_waits_any_more(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        wish = threading.Event()
        threading.Timer(0.5, wish.set).start()

        with pytest.raises(Cancelled):
            run_limited(limited_work.sleep, str(note), seconds=60, cancelled=lambda: note.exists() and wish.is_set())

        _assert_gone(int(note.read_text() or 0))

    def test_serves_many_threads(self) -> None:
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(run_limited(limited_work.echo, n, seconds=30)))
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(found) == list(range(12))

    @pytest.mark.parametrize(
        "text",
        [
            "x = (1\n" + " and 1\n" * 9_900 + ")\n",
            "x = " + "(" * 90_000,
            "x = " + "-" * 100_000 + "1",
            "x = " + "[" * 50_000 + "]" * 50_000,
            "x" + ".a" * 50_000,
            "x" + "[0]" * 33_000,
            "\n" * 100_000,
            "x = " + "+".join("1" * 50_000),
            "".join(" " * depth + "if x:\n" for depth in range(400)),
            "lambda: " * 12_000 + "0",
            "x = '" + "\\" * 99_000,
            "f'" + "{" * 99_000,
            "x = 1" + "0" * 99_000,
            "\x00" * 100_000,
            "#" + "\u202e" * 33_000,
            "class A:" * 12_000,
        ],
    )
    def test_answers_hostile_source_text_or_refuses_it(self, text: str) -> None:
        for function in (limited_work.parse, limited_work.compiled):
            began = time.monotonic()
            with contextlib.suppress(LimitReached, EngineError):
                run_limited(function, text, seconds=2, memory_mb=256)
            assert time.monotonic() - began < 8


def _assert_gone(pid: int) -> None:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} still runs")
