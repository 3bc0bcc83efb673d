"""The audit of dependencies never passes in silence."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class TestAudit:
    def test_says_so_where_its_data_cannot_be_reached(self) -> None:
        nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
        environment = {**os.environ, **nowhere, "NO_PROXY": "", "no_proxy": ""}

        command = [sys.executable, "-m", "tests.audit"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("audit skipped: pip-audit cannot reach its data")
