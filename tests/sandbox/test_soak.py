"""A short version of the soak; `python -m tests.sandbox.soak` runs the long one."""

import subprocess
import sys

from backtest_engine.executor import SandboxedExecutor


class TestManyRuns:
    def test_leave_nothing_behind(self, executor: SandboxedExecutor) -> None:
        # A process of its own, for this one holds what other tests have yet to let go of.
        soak = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.sandbox.soak", "--runs", "60"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert soak.returncode == 0, soak.stdout + soak.stderr
