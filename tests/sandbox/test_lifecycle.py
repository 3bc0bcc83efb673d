"""The sandbox starts, is replaced, is cancelled and ends as the worker that owns it needs."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backtest_engine.domain import BrokerSettings, Dataset, Limits
from backtest_engine.errors import Cancelled, InvalidParameter, LimitExceeded, SandboxUnavailable, StrategyRaised
from backtest_engine.executor import LookAheadBudget, SandboxedExecutor, sandbox_check
from backtest_engine.explaining import explained_error
from backtest_engine.sandbox import launch, walls
from backtest_engine.sandbox.client import Sandbox
from tests.sandbox.conftest import CROSS, Run, strategy

ENDLESS = strategy("while True: pass")


@pytest.fixture
def own(goog: Dataset, executor: SandboxedExecutor) -> Iterator[SandboxedExecutor]:
    """An executor with a sandbox of its own, which a test may break."""
    own = SandboxedExecutor(limits=Limits(wall_seconds=3.0), look_ahead=LookAheadBudget(runs=0))
    own._report = executor.check()
    yield own
    own.close()


def execute(executor: SandboxedExecutor, dataset: Dataset, code: str = CROSS, **keywords: object) -> object:
    return executor.execute(code, dataset=dataset, broker=BrokerSettings(), **keywords).metrics["return_pct"]


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def spares_of(executor: SandboxedExecutor) -> list[int]:
    """Wait until the spare children are there."""
    end = time.monotonic() + 10
    while not (spares := children_of(executor._sandbox.zygote_pid)):
        assert time.monotonic() < end, "no spare children"
        time.sleep(0.02)
    return spares


def wait_until_gone(*pids: int, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < end, "still running"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


class TestZygote:
    def test_that_was_killed_is_replaced(self, own: SandboxedExecutor, goog: Dataset) -> None:
        before = execute(own, goog)
        first = own._sandbox.zygote_pid

        os.kill(first, signal.SIGKILL)

        assert execute(own, goog) == before
        assert own._sandbox.zygote_pid != first

    def test_that_is_killed_during_a_run_is_replaced(self, own: SandboxedExecutor, goog: Dataset) -> None:
        execute(own, goog)
        pid = own._sandbox.zygote_pid
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()

        with pytest.raises(LimitExceeded):
            execute(own, goog, ENDLESS)

        assert execute(own, goog) == execute(own, goog)

    def test_whose_spare_children_died_forks_others(self, own: SandboxedExecutor, goog: Dataset) -> None:
        before = execute(own, goog)
        for spare in spares_of(own):
            os.kill(spare, signal.SIGKILL)
        time.sleep(0.2)

        assert execute(own, goog) == before

    def test_takes_its_children_with_it(self, own: SandboxedExecutor, goog: Dataset) -> None:
        execute(own, goog)
        pid = own._sandbox.zygote_pid
        children = spares_of(own)

        own.close()

        wait_until_gone(pid, *children)

    def test_ends_with_its_worker(self) -> None:
        program = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from backtest_engine.sandbox.client import Sandbox\n"
            "s = Sandbox(); s.facts; print(s.zygote_pid, flush=True); sys.stdin.read()"
        )
        worker = subprocess.Popen(
            [sys.executable, "-c", program, launch._ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with worker:
            zygote = int(worker.stdout.readline())

            worker.kill()

        wait_until_gone(zygote)

    def test_belongs_to_the_process_that_started_it(self, own: SandboxedExecutor, goog: Dataset) -> None:
        before = execute(own, goog)
        mine = own._sandbox.zygote_pid

        child = os.fork()
        if child == 0:
            right = execute(own, goog) == before and own._sandbox.zygote_pid != mine
            own.close()
            os._exit(0 if right else 1)
        _, status = os.waitpid(child, 0)

        assert status == 0
        assert own._sandbox.zygote_pid == mine
        assert execute(own, goog) == before

    def test_that_cannot_start_says_why(self, goog: Dataset) -> None:
        broken = SandboxedExecutor(python="/nonexistent/python")

        with pytest.raises(SandboxUnavailable, match="/nonexistent/python"):
            execute(broken, goog)

    def test_that_is_no_sandbox_at_all_says_why(self, goog: Dataset) -> None:
        broken = SandboxedExecutor(python="/bin/false")

        with pytest.raises(SandboxUnavailable, match="did not start"):
            execute(broken, goog)


class TestCancelling:
    def test_ends_a_run_at_once(self, own: SandboxedExecutor, goog: Dataset) -> None:
        execute(own, goog)
        wanted_until = time.monotonic() + 0.2

        with pytest.raises(Cancelled):
            execute(own, goog, ENDLESS, cancelled=lambda: time.monotonic() > wanted_until)

        assert time.monotonic() < wanted_until + 0.5

    def test_leaves_the_worker_fit_for_the_next(self, own: SandboxedExecutor, goog: Dataset) -> None:
        with pytest.raises(Cancelled):
            execute(own, goog, ENDLESS, cancelled=lambda: True)

        assert execute(own, goog) is not None


class TestConcurrency:
    def test_callers_of_one_executor_wait_for_each_other(self, own: SandboxedExecutor, goog: Dataset) -> None:
        results: list[object] = []

        threads = [threading.Thread(target=lambda: results.append(execute(own, goog))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(results) == 4
        assert len(set(results)) == 1

    def test_executors_do_not_disturb_each_other(self, own: SandboxedExecutor, run: Run, goog: Dataset) -> None:
        results: list[object] = []
        thread = threading.Thread(target=lambda: results.append(execute(own, goog)))

        thread.start()
        with pytest.raises(LimitExceeded):
            run(ENDLESS)
        thread.join()

        assert results == [run(CROSS).metrics["return_pct"]]


class TestParameters:
    def test_replace_the_declared_values(self, run: Run) -> None:
        code = strategy("print(self.n, self.level, self.on)", parameters="n = 14\nlevel = 30.0\non = True\n_hidden = 1")

        result = run(code, parameters={"n": 21, "level": 25})

        assert result.log == "21 25 True\n"
        assert result.parameters == {"n": 21, "level": 25, "on": True}

    def test_that_are_not_declared_are_refused_with_those_that_are(self, run: Run) -> None:
        with pytest.raises(InvalidParameter, match="it declares: n") as caught:
            run(strategy(parameters="n = 14"), parameters={"buy": 1})

        assert caught.value.details["declared"] == {"n": 14}


class TestBroker:
    @pytest.mark.parametrize("wrong", [{"cash": 0.0}, {"commission": 0.2}, {"margin": 0.0}, {"spread": float("nan")}])
    def test_settings_that_cannot_be_are_not_the_strategys_fault(self, wrong: dict[str, float], run: Run) -> None:
        with pytest.raises(InvalidParameter, match=next(iter(wrong))):
            run(CROSS, broker=BrokerSettings(**wrong))


class TestMissingWalls:
    def test_are_logged_and_shown_in_each_result(self, goog: Dataset, caplog: pytest.LogCaptureFixture) -> None:
        weak = SandboxedExecutor(allow_missing_walls=[walls.LANDLOCK], look_ahead=LookAheadBudget(runs=0))

        try:
            result = weak.execute(CROSS, dataset=goog, broker=BrokerSettings())
        finally:
            weak.close()

        assert [notice.code for notice in result.warnings] == ["sandbox_weakened"]
        assert "landlock" in caplog.text

    @pytest.mark.parametrize("wall", [walls.DESCRIPTORS, walls.RESOURCES, walls.SECCOMP])
    def test_are_noticed_by_the_self_test(self, wall: str, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Sandbox._fork
        monkeypatch.setattr(
            Sandbox, "_fork", lambda self, wanted, standing: real(self, wanted, frozenset(standing) - {wall})
        )

        report = sandbox_check()

        assert not report.available
        assert any(problem.startswith((wall, "together")) for problem in report.problems)
        assert not report.as_dict()["walls"][wall]["stands"]

    def test_stop_every_execution(self, goog: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Sandbox._fork
        monkeypatch.setattr(
            Sandbox, "_fork", lambda self, wanted, standing: real(self, wanted, frozenset(standing) - {walls.LANDLOCK})
        )
        executor = SandboxedExecutor()

        with pytest.raises(SandboxUnavailable, match="landlock alone"):
            execute(executor, goog)

    def test_of_the_platform_give_a_clear_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")

        report = sandbox_check()

        assert not report.available
        assert "Linux" in report.problems[0]

    def test_of_the_kernel_give_a_clear_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            Sandbox, "facts", property(lambda self: {"landlock": 0, "kernel": "5.4.0", "own_user": False})
        )

        report = sandbox_check()

        assert not report.available
        assert "5.13" in report.problems[0]


class TestReport:
    def test_says_that_every_wall_stands(self, executor: SandboxedExecutor) -> None:
        shown = executor.check().as_dict()

        assert shown["available"]
        assert all(wall["stands"] for wall in shown["walls"].values())
        assert shown["attempts"] > 100

    def test_is_remembered(self, executor: SandboxedExecutor) -> None:
        assert executor.check() is executor.check()


class TestResult:
    def test_holds_what_it_was_made_of(self, run: Run) -> None:
        result = run(CROSS)

        assert set(result.timings) == {"child", "replay", "statistics", "look_ahead", "total"}
        assert set(result.versions) == {"engine", "backtesting", "numpy", "pandas", "python"}
        assert list(result.equity) == ["equity", "drawdown_pct", "drawdown_duration_seconds"]
        assert result.metrics["start"] == "2004-08-19T00:00:00Z"

    def test_warns_of_a_strategy_that_never_trades(self, run: Run) -> None:
        result = run(strategy())

        assert [notice.code for notice in result.warnings] == ["no_trades"]
        assert result.metrics["win_rate_pct"] is None
        assert result.trades == ()

    def test_names_the_strategy_that_was_run_of_several(self, run: Run) -> None:
        result = run(strategy() + "\n\nclass Second(Strategy):\n    def init(self): pass\n    def next(self): pass\n")

        (notice,) = [n for n in result.warnings if n.code == "several_strategies"]
        assert "Second was run, not Tested" in notice.message

    def test_is_the_same_every_time(self, run: Run) -> None:
        assert run(CROSS).metrics == run(CROSS).metrics

    def test_of_a_strategy_with_compiled_indicators(self, run: Run) -> None:
        code = (
            "from backtesting import Strategy\nimport talib\nfrom backtest_engine.indicators import rsi\n"
            "class S(Strategy):\n    n = 14\n    def init(self):\n"
            "        self.rsi = self.I(rsi, self.data.Close, self.n)\n"
            "        self.ta = self.I(talib.RSI, self.data.Close, self.n)\n"
            "    def next(self):\n        assert abs(self.rsi[-1] - self.ta[-1]) < 1e-6\n"
            "        if self.rsi[-1] < 30: self.position or self.buy()\n"
            "        elif self.rsi[-1] > 70: self.position.close()\n"
        )

        assert run(code).metrics["trades"] > 0

    def test_of_a_dataset_import_that_is_used_says_what_to_use(self, run: Run) -> None:
        code = strategy("self.all = GOOG.Close", top="from backtesting.test import GOOG")

        with pytest.raises(StrategyRaised, match=r"use self\.data") as caught:
            run(code)

        hint = explained_error(caught.value, code).hint
        assert hint is not None
        assert "self.data" in hint


def test_a_progress_bar_that_starts_a_thread_is_not_shown(tmp_path: Path) -> None:
    """tqdm does, wherever another package brings it along; what has threads cannot be forked."""
    package = tmp_path / "tqdm"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "auto.py").write_text(
        "import threading\n"
        "def tqdm(rounds, **_):\n"
        "    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "    return rounds\n"
    )
    warm = "import threading\nfrom backtest_engine.sandbox import preload\npreload.load()\npreload.Warmth().spread()\n"
    told = subprocess.run(
        [sys.executable, "-c", f"{warm}print(threading.active_count())"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == "1"
