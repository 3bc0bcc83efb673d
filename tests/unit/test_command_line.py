"""The command line without a sandbox: reading, generating, and how answers are laid out for people."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.cli import main
from backtest_engine.cli.answers import answer_of
from backtest_engine.cli.checked import beside_holding, checks_of
from backtest_engine.cli.layout import show_reading
from backtest_engine.cli.terminal import Terminal
from backtest_engine.errors import NeedsClarification

RSI = "buy when RSI < 30, sell when RSI > 70"
KEYS = {"status", "metrics", "trades", "error", "warnings", "code", "spec", "settings", "assumptions", "questions"}
KEYS |= {"evidence", "path"}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command; return its exit status, what it wrote and what it complained of."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


class TestJson:
    def test_has_every_key_whatever_the_outcome(self, run: Any, tmp_path: Path) -> None:
        lines = [{"id": "good", "text": RSI}, {"id": "open", "text": "buy on the dip"}, {"id": "odd", "text": "🙂"}]
        file = tmp_path / "lines.jsonl"
        file.write_text("\n".join([*map(json.dumps, lines), "no json", '{"id": 5}', ""]))

        for command in ("read", "generate"):
            status, out, err = run(command, "--lines", str(file), "--json")
            answers = [json.loads(line) for line in out.splitlines()]

            assert (status, err) == (1, "")
            assert [answer["status"] for answer in answers] == ["succeeded", "refused", "refused", "failed", "failed"]
            assert [answer.get("id") for answer in answers] == ["good", "open", "odd", None, None]
            assert all(answer.keys() >= KEYS for answer in answers)
            assert answers[1]["questions"]
            assert answers[3]["error"]["code"] == "invalid_line"

    def test_of_reading_has_no_code(self, run: Any) -> None:
        answer = json.loads(run("read", RSI, "--json")[1])

        assert answer["code"] is None
        assert answer["spec"]["long"]["entry"]


class TestForPeople:
    def test_a_pipe_gets_the_code_alone(self, run: Any) -> None:
        status, out, err = run("generate", RSI)

        assert status == 0
        compile(out, "strategy", "exec")
        assert out.startswith('"""')
        assert "assumed" in err

    def test_a_refusal_does_not_land_in_the_file(self, run: Any) -> None:
        status, out, err = run("generate", "buy on the dip")

        assert (status, out) == (1, "")
        assert "1. What does 'dip' mean" in err

    @pytest.mark.parametrize(
        "arguments",
        [("read", RSI), ("read", "buy on the dip"), ("read", "buy at full moon"), ("data",), ("indicators",)],
    )
    def test_no_raw_values_are_shown(self, run: Any, arguments: tuple[str, ...]) -> None:
        _, out, _ = run(*arguments)

        assert out.strip()
        assert not any(raw in out for raw in ("{'", '{"', "['", "None", "mappingproxy"))

    def test_offers_the_options_of_a_question(self) -> None:
        question = {"id": "q1", "question": "How far is far?", "options": [{"id": "a", "label": "2 %"}, "3 %"]}

        def refuse(_: str) -> dict[str, Any]:
            raise NeedsClarification("How far is far?", details={"questions": [question]})

        written = io.StringIO()
        show_reading(answer_of(refuse, ""), Terminal(reads=io.StringIO(), writes=written, complains=io.StringIO()))

        assert [line.strip() for line in written.getvalue().splitlines()][1:] == [
            "1. How far is far?",
            "– 2 %",
            "– 3 %",
            "answer --answer q1=a",
        ]

    def test_texts_do_not_steer_the_terminal(self, run: Any) -> None:
        _, out, _ = run("read", "buy when \x1b[31mmoon\x1b[0m shines [bold]now[/bold]")

        assert "\x1b" not in out


class TestExitStatus:
    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("generate",),
            ("execute",),
            ("execute", "x.py", "--start", "2020-13-01"),
            ("execute", "x.py", "--cash", "a"),
        ],
    )
    def test_is_2_for_wrong_usage(self, run: Any, arguments: tuple[str, ...]) -> None:
        with pytest.raises(SystemExit) as ended:
            run(*arguments)

        assert ended.value.code == 2

    def test_is_2_for_a_list_that_is_not_there(self, run: Any, tmp_path: Path) -> None:
        status, _, err = run("generate", "--lines", str(tmp_path / "none"))

        assert (status, err.splitlines()) == (2, [f"{tmp_path / 'none'}: No such file or directory"])

    def test_is_1_for_strategies_that_cannot_be_read(self, run: Any, tmp_path: Path) -> None:
        (tmp_path / "spec.json").write_text('{"long": 5}')

        status, out, _ = run("execute", str(tmp_path / "none.py"), str(tmp_path / "spec.json"), "--json")

        assert status == 1
        assert [json.loads(line)["error"]["code"] for line in out.splitlines()] == ["unreadable_file", "invalid_spec"]


class TestChecked:
    def test_says_what_was_found(self) -> None:
        found = checks_of({"verified": False, "warnings": [{"code": "look_ahead"}]})

        assert (False, "orders do not change when the later bars are cut off") in found
        assert "the same bars give the same orders again" not in [sentence for _, sentence in found]

    def test_says_that_nothing_was_checked(self) -> None:
        assert checks_of({"verified": None, "warnings": []})[-1][0] is None

    def test_never_praises_a_doubtful_result(self) -> None:
        assert not all(passed for passed, _ in checks_of({"verified": False, "warnings": [{"code": "bad_ticks"}]}))

    def test_reads_checks_as_records(self) -> None:
        told = [
            {"code": "look_ahead", "verdict": "pass", "sentence": "Cut at 6 bars."},
            {"code": "costs", "verdict": "warn"},
        ]

        assert checks_of({"checks": told}) == [(True, "Cut at 6 bars."), (False, "costs")]
        assert checks_of({"checks": {"look_ahead": {"passed": None, "scope": "Not asked."}}}) == [(None, "Not asked.")]

    @pytest.mark.parametrize(("earned", "word"), [(51.0, "less than"), (900.0, "more than"), (703.0, "as much as")])
    def test_says_plainly_what_holding_earned(self, earned: float, word: str) -> None:
        assert word in beside_holding({"return_pct": earned, "buy_hold_return_pct": 703.0})
