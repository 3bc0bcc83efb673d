"""Attacks that are safe to try outside a disposable namespace; the others are in the hostile corpus."""

import contextlib
import json
import os
import time

import pytest

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits
from backtest_engine.errors import (
    InvalidJournal,
    LimitExceeded,
    SandboxViolation,
    StrategyError,
    StrategyRaised,
    StrategyRejected,
)
from backtest_engine.executor import LookAheadBudget, SandboxedExecutor
from tests.sandbox.conftest import CROSS, Run, as_dataset, strategy

SECRET = "a-secret-of-the-worker-7c1e"

FORBIDDEN = {
    "reading a file": "open('/etc/passwd').read()",
    "reading by pandas": "pd.read_csv('/etc/passwd')",
    "reading by numpy": "np.fromfile('/etc/hostname')",
    "mapping a file": "np.memmap('/etc/passwd')",
    "listing a folder": "import os; os.listdir('/')",
    "asking whether a path exists": "import os; os.stat('/etc/passwd')",
    "writing a file": "open('/tmp/escaped', 'w')",
    "writing by pandas": "self.data.df.to_csv('/tmp/escaped')",
    "making a pipe in the file system": "import os; os.mkfifo('/tmp/escaped')",
    "a link": "import os; os.symlink('/etc/passwd', '/tmp/escaped')",
    "shared memory": "from multiprocessing.shared_memory import SharedMemory; SharedMemory(create=True, size=9)",
    "a memory file": "import os; os.memfd_create('x')",
    "a socket": "import _socket; _socket.socket()",
    "a raw socket": "import _socket; _socket.socket(_socket.AF_INET, _socket.SOCK_RAW)",
    "a second process": "import os; os.fork()",
    "another program": "import os; os.execv('/bin/sh', ['sh'])",
    "a shell": "import os; os.posix_spawn('/bin/sh', ['sh'], {})",
    "signalling the worker": "import os; os.kill(os.getppid(), 9)",
    "signalling everyone": "import os; os.kill(-1, 9)",
    "changing user": "import os; os.setuid(0)",
    "another priority": "import os; os.nice(-5)",
    "duplicating a descriptor": "import os; os.dup(1)",
}


class TestForbiddenThings:
    @pytest.mark.parametrize("attempt", FORBIDDEN)
    def test_are_violations(self, attempt: str, run: Run) -> None:
        with pytest.raises(SandboxViolation) as caught:
            run(strategy(FORBIDDEN[attempt]))

        assert caught.value.code == "sandbox_violation"
        assert caught.value.details["phase"] == "init"
        assert caught.value.line is not None

    @pytest.mark.parametrize("number", [101, 310, 321, 425, 272, 165, 250, 298, 0x40000000 + 39])
    def test_end_the_run_at_once_when_no_strategy_could_mean_them(self, number: int, run: Run) -> None:
        with pytest.raises(SandboxViolation):
            run(strategy(f"import ctypes; ctypes.CDLL(None).syscall({number}, 0, 0, 0, 0, 0, 0)"))

    def test_do_not_include_threads(self, run: Run) -> None:
        with pytest.raises(StrategyRaised, match="can't start new thread"):
            run(strategy("import threading; threading.Thread(target=print).start()"))


class TestSecrets:
    def test_are_in_no_object_and_no_environment(self, goog: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET_KEY", SECRET)
        executor = SandboxedExecutor(look_ahead=LookAheadBudget(runs=0))
        code = strategy(
            """
            import gc, os, sys
            texts = [str(dict(os.environ)), str(sys.argv), str(sys.flags)]
            texts += [o for o in gc.get_objects() if isinstance(o, str)]
            texts += [str(o) for o in gc.get_objects() if isinstance(o, dict) and len(o) < 200]
            f = sys._getframe()
            while f:
                texts.append(str(f.f_locals)[:100000]); f = f.f_back
            wanted = "-7c".join(["worker", "1e"])
            print("SECRET" if any(wanted in t for t in texts) else "nothing", len(os.environ))
            """
        )
        try:
            assert executor.execute(code, dataset=goog, broker=BrokerSettings()).log == "nothing 0\n"
        finally:
            executor.close()

    def test_are_not_in_descriptors(self, run: Run) -> None:
        code = strategy(
            """
            import os
            seen = []
            for d in range(4, 4096):
                try:
                    seen.append((d, os.read(d, 10)))
                except OSError:
                    pass
            print(seen)
            """
        )

        assert run(code).log == "[]\n"


LIMITS = {
    "wall_time_limit": "import time; time.sleep(1000)",
    "memory_limit": "x = [bytearray(b'x' * 1000000) for _ in range(10000)]",
    "log_limit": "while True: print('x' * 1000)",
    "output_limit": "import os\nwhile True: os.write(3, b'x' * 65536)",
    "order_limit": "while True: self.buy(size=1, limit=1e-6)",
}


class TestLimits:
    @pytest.mark.parametrize("code", LIMITS)
    def test_are_named(self, code: str, run: Run) -> None:
        began = time.monotonic()

        with pytest.raises(LimitExceeded) as caught:
            run(strategy(LIMITS[code]))

        assert caught.value.code == code
        assert time.monotonic() - began < 3 + 1.5

    def test_of_cpu_time_is_named(self, goog: Dataset, executor: SandboxedExecutor) -> None:
        code = strategy("import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass")

        with pytest.raises(LimitExceeded) as caught:
            executor.execute(
                code, dataset=goog, broker=BrokerSettings(), limits=Limits(wall_seconds=8, cpu_seconds=1, orders=10)
            )

        assert caught.value.code == "cpu_time_limit"

    @pytest.mark.parametrize(
        "body",
        [
            "while True:\n    try:\n        while True: pass\n    except BaseException: continue",
            "import contextlib, signal\nfor s in range(1, 32):\n    with contextlib.suppress(OSError, ValueError):\n"
            "        signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
            "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
            "import os; os.close(3); os.close(1); os.close(2)\nwhile True: pass",
            "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
            "pow(7, 7 ** 9)",
            "while True: np.linalg.inv(np.random.rand(600, 600))",
        ],
        ids=["swallows everything", "ignores signals", "stops itself", "hangs up", "regex", "one long call", "C code"],
    )
    def test_of_time_cannot_be_escaped(self, body: str, run: Run) -> None:
        with pytest.raises(LimitExceeded) as caught:
            run(strategy(body))

        assert caught.value.code in ("wall_time_limit", "cpu_time_limit")

    @pytest.mark.parametrize(
        "body",
        [
            "np.ones(10 ** 10)",
            "'x' * 10 ** 11",
            "x = []\nwhile True: x.append(x[:] or [1] * 1000000)",
            "import sys; sys.setrecursionlimit(10 ** 9)\ndef f(): return [f()]\nf()",
            "import mmap; keep = [mmap.mmap(-1, 1 << 26) for _ in range(100)]; [m.write(bytes(1 << 26)) for m in keep]",
        ],
        ids=["array", "text", "lists", "recursion", "maps"],
    )
    def test_of_memory_cannot_be_escaped(self, body: str, run: Run) -> None:
        with pytest.raises(StrategyError) as caught:
            run(strategy(body))

        # On a busy machine the time that filling the memory takes may be used up first.
        assert caught.value.code in (
            *("memory_limit", "strategy_crashed", "strategy_raised", "wall_time_limit", "cpu_time_limit"),
        )

    def test_of_the_log_cuts_it_and_says_so(self, run: Run) -> None:
        result = run(strategy("for i in range(20000): print('line', i)"))

        assert len(result.log) == 64 << 10
        assert "log_truncated" in {notice.code for notice in result.warnings}

    def test_of_waiting_orders_holds_for_the_replay_too(self, run: Run, goog: Dataset) -> None:
        # So few bars that the child ends long before its own limits.
        few = as_dataset(goog.bars.head(5))

        with pytest.raises(LimitExceeded) as caught:
            run(
                strategy(next="if len(self.data) == 2: [self.buy(size=1, limit=1e-3) for _ in range(2001)]"),
                dataset=few,
            )

        assert caught.value.code == "order_limit"


NEW = b"null,null,null,null,null]]\n"
FORGED = {
    "nothing": b"",
    "garbage": b"\xff\xfe garbage\n",
    "a result": b'{"return_pct": 1000, "trades": 7}\n',
    "two documents": b'{"warmup":0,"events":0,"account":null}\n' * 2,
    "deep nesting": b"[" * 50_000 + b"\n",
    "a number of 5,000 digits": b'{"warmup":' + b"9" * 5_000 + b"}\n",
    "a fill in the past": b'{"warmup":0,"events":2}\n[[500,0,1,' + NEW + b"[[5,0,1," + NEW,
    "an order on a bar that is not there": b'{"warmup":0,"events":1}\n[[99999,0,1,' + NEW,
    "an order in the warm-up": b'{"warmup":50,"events":1}\n[[20,0,1,' + NEW,
    "not a number": b'{"warmup":0,"events":1}\n[[5,0,NaN,' + NEW,
    "infinity by exponent": b'{"warmup":0,"events":1}\n[[5,0,1e999,' + NEW,
    "no size": b'{"warmup":0,"events":1}\n[[5,0,0,' + NEW,
    "a size of one and a half": b'{"warmup":0,"events":1}\n[[5,0,1.5,' + NEW,
    "a trade that is not there": b'{"warmup":0,"events":1}\n[[5,1,7,1.0]]\n',
    "a line across lines": b'{"warmup":0,"events":2}\n[[5,0,1,null,null\nnull,null,null]]\n',
    "a failure and orders": b'{"failure":{"kind":"raised"}}\n[[5,0,1,' + NEW,
    "a failure of the wrong shape": b'{"failure":[1]}\n',
    "an endless warm-up": b'{"warmup":999999,"events":0}\n',
    "an empty line for each order": b"\n" * 1_000,
    "a stop below zero": b'{"warmup":0,"events":2}\n[[5,0,1,' + NEW + b"[[6,2,0,-4]]\n",
}


class TestForgedJournals:
    @pytest.mark.parametrize("forgery", FORGED)
    def test_are_refused(self, forgery: str, run: Run) -> None:
        with pytest.raises(InvalidJournal):
            run(strategy(f"import os\nos.write(3, {FORGED[forgery]!r})\nos._exit(0)"))

    def test_that_are_well_formed_are_orders_like_any_other(self, run: Run) -> None:
        journal = b'{"warmup":0,"events":1,"account":null}\n[[5,0,1,null,null,null,null,null]]\n'

        result = run(strategy(f"import os\nos.write(3, {journal!r})\nos._exit(0)"))

        assert [(t.entry_bar, t.size) for t in result.trades] == [(6, 1.0)]
        assert result.verified is False

    def test_that_follow_a_real_one_are_refused(self, run: Run) -> None:
        code = strategy(
            """
            import atexit, os
            import backtest_engine.sandbox.strategy_run as own
            real = own.StrategyRun._write
            own.StrategyRun._write = lambda s, lines: (real(s, lines), os.write(3, b'{"warmup":0,"events":0}\\n'))
            """
        )

        with pytest.raises(InvalidJournal):
            run(code)

    def test_cannot_choose_their_fills(self, run: Run, goog: Dataset) -> None:
        code = strategy(
            """
            import backtesting.backtesting as bb
            trade = bb.Trade(self._broker, 100, 10.0, 1, None)
            trade._replace(exit_price=1000.0, exit_bar=5)
            self._broker.closed_trades.append(trade)
            self._broker._cash = 1e9
            """,
            "if len(self.data) == 10: self.buy(size=1)",
        )

        result = run(code)

        assert len(result.trades) == 1
        assert result.trades[0].entry_price == goog.bars["Open"].iloc[10]
        assert "account_differs" in {notice.code for notice in result.warnings}
        assert result.verified is False


RAISED = {
    "exit": ("import sys; sys.exit(0)", "SystemExit"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "a hostile text": (
        "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
        "E",
    ),
    "a circle of causes": ("e = ValueError('a'); e.__cause__ = e; raise e", "ValueError"),
    "a group": ("raise ExceptionGroup('several', [ValueError('a')])", "ExceptionGroup"),
    "surrogates, NULs and megabytes": (r"raise ValueError('\ud800\x00\u202e\x1b[31m' * 200000)", "ValueError"),
}


class TestExceptions:
    @pytest.mark.parametrize("case", RAISED)
    def test_are_reported_as_text_that_can_be_stored(self, case: str, run: Run) -> None:
        body, name = RAISED[case]

        with pytest.raises(StrategyRaised) as caught:
            run(strategy(body))

        shown = json.dumps(caught.value.as_dict(), allow_nan=False)
        assert caught.value.details["root_type"] == name
        assert len(shown) < 20_000
        assert not any(ord(c) == 0 or 0xD800 <= ord(c) < 0xE000 for c in str(caught.value.as_dict()))

    def test_name_the_line_the_function_and_the_root(self, run: Run) -> None:
        code = strategy("self.x = self.I(lambda: self.broken())", top="\n").replace(
            "    def next", "    def broken(self):\n        return {}['missing']\n\n    def next"
        )

        with pytest.raises(StrategyRaised) as caught:
            run(code)

        error = caught.value
        assert code.splitlines()[error.line - 1].strip() == "return {}['missing']"
        assert error.message == "KeyError: 'missing'"
        assert error.details["exception_type"] == "RuntimeError"
        assert error.details["function"] == "broken"
        assert error.details["source_line"] == "return {}['missing']"
        assert error.details["phase"] == "init"

    def test_carry_what_was_printed_before(self, run: Run) -> None:
        with pytest.raises(StrategyRaised) as caught:
            run(strategy(next="print('at bar', len(self.data))\nself.nothing"))

        assert caught.value.details["log"] == "at bar 2\n"
        assert caught.value.details["phase"] == "next"

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("def f(:\n", "syntax_error"),
            ("x = 1\n", "no_strategy_class"),
            ("\x00", "syntax_error"),
            ("\ud800", "syntax_error"),
            ("(" * 5000, "syntax_error"),
            ("-" * 200_000 + "1", "source_too_long"),
            ("-" * 90_000 + "1", "syntax_error"),
            ("x" + ".a" * 40_000, "syntax_error"),
            ("x" + "+1" * 40_000, "syntax_error"),
            ("[" * 90 + "]" * 90 + "\n" + "if 1:\n", "syntax_error"),
            ("from backtesting.lib import SignalStrategy", "no_strategy_class"),
        ],
    )
    def test_of_the_compiler_are_rejections(self, code: str, expected: str, run: Run) -> None:
        with pytest.raises(StrategyError) as caught:
            run(code)

        assert isinstance(caught.value, StrategyRejected | StrategyRaised)
        assert caught.value.code in (expected, "strategy_crashed", "strategy_raised")

    def test_of_a_crash_are_named(self, run: Run) -> None:
        with pytest.raises(StrategyRaised, match="SIGSEGV") as caught:
            run(strategy("import ctypes; ctypes.string_at(0)"))

        assert caught.value.code == "strategy_crashed"

    def test_of_an_indicator_without_values_are_rejections(self, run: Run) -> None:
        with pytest.raises(StrategyRejected) as caught:
            run(strategy("self.m = self.I(sma, self.data.Close, 5000)"))

        assert caught.value.code == "indicator_all_nan"


POISON = {
    "builtins": "import builtins; builtins.sum = lambda *a: 13; builtins.len = lambda x: 1",
    "numpy": "np.mean = np.isnan = lambda *a, **k: 42; np.seterr(all='raise')",
    "pandas": "pd.Series.rolling = lambda *a, **k: 1 / 0; pd.set_option('mode.copy_on_write', True)",
    "backtesting": "import backtesting.backtesting as b; b._Broker.next = lambda s: None; Strategy.buy = None",
    "the modules": "import sys; sys.modules['numpy'] = sys; sys.modules.pop('backtesting'); sys.path.append('/tmp')",
    "the recorder": "import backtest_engine.sandbox.recorder as r; r.Recorder._add = None",
    "global state": "import decimal, random, os, gc; decimal.getcontext().prec = 1; random.seed(5); gc.disable()",
}


class TestPoison:
    @pytest.mark.parametrize("poison", POISON)
    def test_is_not_seen_by_the_next_run(self, poison: str, run: Run) -> None:
        before = run(CROSS)

        with contextlib.suppress(StrategyError):
            run(strategy(POISON[poison]))
        after = run(CROSS)

        assert _numbers(after) == _numbers(before)

    def test_does_not_reach_the_worker(self, run: Run) -> None:
        with pytest.raises(StrategyError):
            run(strategy("import os; os.environ['POISONED'] = '1'; os.umask(0)"))

        assert "POISONED" not in os.environ


def _numbers(result: BacktestResult) -> object:
    return result.metrics, result.trades, result.verified, result.equity["equity"].tolist()
