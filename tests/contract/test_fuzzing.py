"""Requests of every kind against the running server: no failure of ours, nothing against the document."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import Served, served

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
ROOT = Path(__file__).parents[2]
HOOKS = "tests.contract.schemathesis_hooks"
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# A few seconds' worth; `SCHEMATHESIS_EXAMPLES=15` is a thorough run.
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "")


@pytest.fixture(scope="module")
def web() -> Served:
    """A web server alone: work stays queued."""
    with served() as running:
        yield running


class TestFuzzing:
    @pytest.mark.parametrize("known", [True, False], ids=["user", "nobody"])
    def test_finds_nothing(self, web: Served, known: bool) -> None:
        who = ["-H", f"Authorization: Token {web.token('fuzz')}"] if known else []
        thorough = ["-n", EXAMPLES] if EXAMPLES else ["-n", "3", "--phases", "examples,fuzzing"]
        command = [str(SCHEMATHESIS), "--config-file", str(CONFIGURATION), "run", f"{web.address}/api/schema/"]

        done = subprocess.run(
            [*command, "--checks", "all", "--seed", "1", "--continue-on-failure", *thorough, *who],
            cwd=web.folder,
            env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout[-8000:]
        assert int(re.search(r"(\d+) generated", done.stdout)[1]) > 50
        assert "Traceback" not in web.log()
