"""Runs many strategies in a row, one in ten of them hostile, and looks for anything that grows.

    python -m tests.sandbox.soak [--runs 1000]

Prints a table and one line of JSON; the exit status is 1 when something grew or an honest run gave another result.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from backtest_engine.domain import BrokerSettings, Dataset, Limits
from backtest_engine.errors import StrategyError
from backtest_engine.executor import LookAheadBudget, SandboxedExecutor
from backtest_engine.sandbox.lockdown import NOBODY
from tests.sandbox.conftest import CROSS, dataset_of, strategy

HOSTILE = tuple(
    strategy(body)
    for body in (
        "while True: pass",
        "x = [bytearray(b'x' * 1000000) for _ in range(10000)]",
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(3, b'x' * 65536)",
        "import os; os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "import ctypes; ctypes.CDLL(None).syscall(101, 0, 0, 0, 0)",
        "import os; os.fork()",
        "open('/tmp/leftover', 'w').write('x')",
        "import os; os.closerange(0, 100)\nwhile True: pass",
        "import numpy, pandas, sys; pd.Series.rolling = None; sys.modules.clear()",
        r"raise ValueError('\ud800\x00' * 100000)",
    )
)
ONE_IN = 10
# Each hostile strategy once: an allocator keeps what the largest of them made it take.
WARM_UP = ONE_IN * len(HOSTILE)
ROOM = {"worker_rss_bytes": 8 << 20, "zygote_rss_bytes": 4 << 20}
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What there was after the warm-up and at the end, and how many honest runs differed from the first."""

    before: Mapping[str, int]
    after: Mapping[str, int]
    differing: int
    runs: int
    hostile: int
    seconds: float

    @property
    def problems(self) -> list[str]:
        """Say what grew."""
        grown = [
            f"{name} grew from {self.before[name]} to {self.after[name]}"
            for name in self.before
            if self.after[name] > self.before[name] + ROOM.get(name, 0)
        ]
        return grown + ([f"{self.differing} honest runs gave another result"] if self.differing else [])


def soak(runs: int, dataset: Dataset) -> Growth:
    """Run so many strategies on one executor."""
    executor = SandboxedExecutor(
        limits=Limits(wall_seconds=0.5, cpu_seconds=2, memory_bytes=128 << 20, output_bytes=4 << 20),
        look_ahead=LookAheadBudget(runs=0),
    )
    hostile, expected, differing, before = cycle(HOSTILE), None, 0, {}
    began = time.perf_counter()
    try:
        for number in range(WARM_UP + runs):
            if number == WARM_UP:
                before = _snapshot(executor)
            if number % ONE_IN == ONE_IN - 1:
                _run_hostile(executor, dataset, next(hostile))
                continue
            numbers = executor.execute(CROSS, dataset=dataset, broker=BrokerSettings()).metrics
            expected = expected or numbers
            differing += numbers != expected
        after = _snapshot(executor)
    finally:
        executor.close()
    return Growth(
        before=before,
        after=after,
        differing=differing,
        runs=runs,
        hostile=runs // ONE_IN,
        seconds=time.perf_counter() - began,
    )


def _run_hostile(executor: SandboxedExecutor, dataset: Dataset, code: str) -> None:
    try:
        executor.execute(code, dataset=dataset, broker=BrokerSettings())
    except StrategyError:
        return


def _snapshot(executor: SandboxedExecutor) -> dict[str, int]:
    # The kernel may still be taking the last child apart.
    time.sleep(0.3)
    sandbox = executor._sandbox
    # A spare's process descriptor comes with a message that the next run would read.
    while any(child.process < 0 for child in sandbox._children.values()):
        sandbox._hear()
    zygote = sandbox.zygote_pid
    return {
        "worker_rss_bytes": _rss("self"),
        "zygote_rss_bytes": _rss(zygote),
        "worker_descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "zygote_descriptors": len(list(Path(f"/proc/{zygote}/fd").iterdir())),
        "processes": len(_descendants(os.getpid())),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "files": sum(_from_strategy(path) for folder in SHARED_FOLDERS for path in Path(folder).iterdir()),
    }


def _from_strategy(path: Path) -> bool:
    """Whether a file is one that the hostile strategies try to make, or that their user owns."""
    try:
        return path.name.startswith(("leftover", "psm_")) or path.lstat().st_uid == NOBODY
    except OSError:
        return False


def _rss(process: object) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        own = [child for child, parent in parents.items() if parent == current]
        found += own
        waiting += own
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    growth = soak(parser.parse_args().runs, dataset_of("GOOG"))
    lines = [f"{'':22}{'before':>14}{'after':>14}"]
    lines += [f"{name:22}{growth.before[name]:14,}{growth.after[name]:14,}" for name in growth.before]
    lines.append(f"{growth.runs} runs, {growth.hostile} of them hostile, in {growth.seconds:.1f} s")
    figures = {
        "runs": growth.runs,
        "hostile": growth.hostile,
        "seconds": round(growth.seconds, 1),
        "before": growth.before,
        "after": growth.after,
        "problems": growth.problems,
    }
    sys.stdout.write("\n".join([*lines, *growth.problems, json.dumps(figures)]) + "\n")
    return 1 if growth.problems else 0


if __name__ == "__main__":
    sys.exit(main())
