"""The hostile corpus, judged by its own judge in namespaces of its own, where killing everything kills nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
JUDGE = HERE.parent / "corpus" / "sandbox" / "judge.py"
CASES = sorted(JUDGE.parent.glob("[0-9][0-9]_*.py"))


def needed() -> str:
    """Return the folders that the judge needs, each by its real path, none inside another."""
    folders = {Path(folder).resolve() for folder in (HERE.parents[1], sys.prefix, sys.base_prefix)}
    return ":".join(str(folder) for folder in sorted(folders) if not folders & set(folder.parents))


def in_namespace(who: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(HERE / "namespace.sh"), who, needed(), *command], capture_output=True, text=True, timeout=280, check=False
    )


@pytest.fixture(params=["root", "user"])
def who(request: pytest.FixtureRequest) -> str:
    """Each kind of user that a worker may be."""
    if request.param == "root" and os.getuid() != 0:
        pytest.skip("only root can run as root")
    tried = in_namespace(request.param, sys.executable, "-c", "import backtesting, talib")
    if tried.returncode:
        pytest.skip(f"this machine gives no disposable namespaces: {tried.stderr.strip()[:200]}")
    return request.param


class TestHostileCorpus:
    def test_is_stopped_and_leaves_the_next_run_honest(self, who: str) -> None:
        judged = in_namespace(who, sys.executable, str(JUDGE), str(HERE / "judge_adapter.py"), "--wall", "2")

        assert "failures by level: none" in judged.stdout, judged.stdout + judged.stderr
        assert judged.stdout.count("\nok ") == len(CASES)
