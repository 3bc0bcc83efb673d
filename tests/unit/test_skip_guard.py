"""A run in CI fails by what it skips."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import skip_guard

TESTS = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="no browser")
def test_needs_a_browser():
    pass

@pytest.mark.xfail(reason="known")
def test_is_known_to_fail():
    assert False
"""
GUARDED = "from tests import skip_guard\nfrom tests.skip_guard import guard_skips as pytest_configure\n"


def outcome(folder: Path, *, ci: str, excused: str = "", tests: str = TESTS) -> "subprocess.CompletedProcess[str]":
    """Run some tests in a process of their own."""
    (folder / "conftest.py").write_text(GUARDED + f"skip_guard.EXCUSED.update({{{excused}}})\n")
    (folder / "test_some.py").write_text(tests)
    root = str(Path(skip_guard.__file__).resolve().parents[1])
    environment = {**os.environ, "CI": ci, "PYTHONPATH": root, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(folder),
    ]
    return subprocess.run(
        [*command, str(folder)], capture_output=True, text=True, check=False, env=environment, cwd=folder
    )


class TestSkipGuard:
    def test_fails_and_names_the_test_and_what_it_lacks(self, tmp_path: Path) -> None:
        done = outcome(tmp_path, ci="true")

        assert done.returncode == 1
        assert "test_some.py::test_needs_a_browser: Skipped: no browser" in done.stdout
        assert "test_is_known_to_fail:" not in done.stdout

    def test_notices_a_module_that_skips_itself(self, tmp_path: Path) -> None:
        skipping = "import pytest\npytest.skip('no server', allow_module_level=True)\n"
        (tmp_path / "test_other.py").write_text("def test_runs():\n    pass\n")

        done = outcome(tmp_path, ci="true", tests=skipping)

        assert done.returncode == 1
        assert "test_some.py: Skipped: no server" in done.stdout

    @pytest.mark.parametrize(("ci", "excused"), [("", ""), ("true", "'test_some.py::test_needs': 'no browser here'")])
    def test_lets_pass_what_is_excused_and_every_skip_on_a_desk(self, tmp_path: Path, ci: str, excused: str) -> None:
        assert outcome(tmp_path, ci=ci, excused=excused).returncode == 0
