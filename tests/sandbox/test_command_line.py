"""Backtests and repairs from the command line, as people read them."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.cli import main
from tests.sandbox.conftest import strategy

HOLD = strategy(next="self.position or self.buy()")
BROKEN = strategy(next="self.position or self.bye()")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command on files of the given texts; return its exit status and what it wrote."""

    def run(command: str, files: dict[str, str], *options: str) -> tuple[int, str]:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        status = main([command, *(str(tmp_path / name) for name in files), *options])
        return status, capsys.readouterr().out

    return run


class TestForPeople:
    def test_lays_out_a_backtest(self, run: Any) -> None:
        status, out = run("execute", {"hold.py": HOLD})

        assert status == 0
        for shown in ("GOOG 1d, 2004-08-19 to 2013-03-01", "Buy & hold return", "cash 10,000", "✓", "end of data"):
            assert shown in out
        assert "than buying at the start and holding" in out

    @pytest.mark.parametrize("command", ["execute", "repair"])
    def test_shows_no_raw_values(self, run: Any, command: str) -> None:
        status, out = run(command, {"hold.py": HOLD, "broken.py": BROKEN})

        assert status == 1
        assert not any(raw in out for raw in ("{'", '{"', "None", "True", "nan"))
        assert "hint" in out

    def test_says_how_to_get_another_market(self, run: Any) -> None:
        status, out = run("execute", {"hold.py": HOLD}, "--symbol", "AAPL")

        assert status == 1
        assert "--yahoo" in out


class TestJson:
    def test_is_one_object_for_each_input(self, run: Any) -> None:
        spec = json.dumps({"long": {"entry": {"kind": "always"}}})

        status, out = run("execute", {"hold.py": HOLD, "broken.py": BROKEN, "spec.json": spec}, "--json")
        answers = [json.loads(line) for line in out.splitlines()]

        assert status == 1
        assert [answer["status"] for answer in answers] == ["succeeded", "failed", "succeeded"]
        assert [answer["path"] for answer in answers] == ["sandbox", None, "fast"]
        assert answers[2]["spec"]["long"]["entry"] == {"kind": "always"}
        assert len({frozenset(answer) & {"trades", "evidence", "questions", "settings"} for answer in answers}) == 1
