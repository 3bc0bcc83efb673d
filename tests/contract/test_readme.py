"""The README's lines work as they are pasted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import Served

ROOT = Path(__file__).resolve().parents[2]
AAPL = "date,open,high,low,close,volume\n" + "".join(
    f"2024-01-{day:02d},{100 + day},{102 + day},{99 + day},{101 + day},1000\n" for day in range(2, 27)
)


@pytest.fixture
def folder(tmp_path: Path, server: Served, token: str) -> Path:
    """A folder as a user has it: the project, a server that has made a token, a file of their own."""
    for name in (".venv", "backtest_engine"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "var").mkdir()
    (tmp_path / "var/token").write_text(token)
    (tmp_path / "AAPL.csv").write_text(AAPL)
    return tmp_path


class TestReadme:
    def test_shows_lines_that_work(self, folder: Path, server: Served) -> None:
        text = (ROOT / "README.md").read_text()
        usage = text[text.index("## Use it") :]
        lines = "\n".join(re.findall(r"```sh\n(.*?)```", usage, re.DOTALL))
        lines = lines.replace("http://127.0.0.1:8000", server.address).replace(".venv/bin/python", sys.executable)
        script = "set -eu\n" + lines.replace("curl -s", "curl --fail-with-body -s")

        done = subprocess.run(
            ["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=200, env={**os.environ}
        )

        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        assert "event: run.succeeded" in done.stdout
        assert '"symbol":"EURUSD"' in done.stdout.replace(": ", ":")
        assert "Buy & hold return" in done.stdout
        assert '"symbol":"AAPL"' in done.stdout.replace(": ", ":")
        assert "Traceback" not in done.stderr
