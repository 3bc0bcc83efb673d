"""Every kind of failure is held to the same promises: a newcomer is tested before anyone writes a test for it."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtest_engine.diagnostics.kinds as kinds
from backtest_engine.data import Samples
from backtest_engine.diagnostics import FAILURES, Diagnosis, Failure, diagnose, inspect, mend
from backtest_engine.diagnostics.base import SEVERITIES
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BrokerSettings, Dataset, Notice
from backtest_engine.errors import StrategyError
from backtest_engine.executor import SandboxedExecutor

CORPUS = Path(__file__).parent.parent / "corpus"
HONEST = sorted((CORPUS / "honest").glob("*.py"))
BROKEN = sorted((CORPUS / "broken").glob("*.py"))
FAMILIES = {
    "syntax", "import", "api", "structure", "indicator", "data", "runtime", "order", "pandas", "numpy", "datetime",
    "look_ahead", "resource", "sandbox", "tamper", "injection", "state", "zero_trades", "semantics",
}  # fmt: skip

# What only chance would show.
NOTICED = {"not_repeatable": (Notice(code="non_deterministic", message="Two runs gave different orders."),)}

every_failure = pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.code)
only_when_run = [failure for failure in FAILURES if failure.look is None and failure.compared is None]


@pytest.fixture(scope="module")
def executor() -> Iterator[SandboxedExecutor]:
    with closing(SandboxedExecutor()) as sandboxed:
        yield sandboxed


@pytest.fixture(scope="module")
def goog() -> Dataset:
    return Samples().bars("GOOG", start=None, end=None, interval=None)


class TestEveryFailure:
    @every_failure
    def test_is_one_file_named_for_its_code(self, failure: Failure) -> None:
        module = importlib.import_module(f"{kinds.__name__}.{failure.code}")

        assert module.FAILURE is failure

    def test_has_a_code_of_its_own(self) -> None:
        codes = [failure.code for failure in FAILURES]

        assert len(set(codes)) == len(codes)

    def test_is_listed(self) -> None:
        files = {path.stem for path in Path(kinds.__path__[0]).glob("*.py")} - {"__init__"}

        assert files == {failure.code for failure in FAILURES}

    @every_failure
    def test_speaks_in_sentences(self, failure: Failure) -> None:
        assert failure.family in FAMILIES
        assert failure.severity in SEVERITIES
        assert failure.title
        assert failure.title[-1] not in ".!"
        assert failure.explanation.rstrip().endswith((".", "…"))
        assert failure.hint.rstrip().endswith(".")

    @every_failure
    def test_explains_away_only_kinds_that_exist(self, failure: Failure) -> None:
        assert set(failure.covers) <= {other.code for other in FAILURES} - {failure.code}

    @every_failure
    def test_can_be_recognised_somehow(self, failure: Failure) -> None:
        assert failure.look or failure.raised or failure.observed or failure.compared


class TestExamples:
    @pytest.mark.parametrize(
        "failure", [item for item in FAILURES if item not in only_when_run], ids=lambda failure: failure.code
    )
    def test_are_recognised_as_themselves_and_by_no_other_kind(self, failure: Failure) -> None:
        found = diagnose(failure.example, intended=failure.example_intended).findings

        assert {finding.code for finding in found} == {failure.code}

    @pytest.mark.parametrize("failure", only_when_run, ids=lambda failure: failure.code)
    def test_are_recognised_by_what_a_run_shows(
        self, failure: Failure, executor: SandboxedExecutor, goog: Dataset
    ) -> None:
        try:
            result = executor.execute(failure.example, dataset=goog, broker=BrokerSettings())
            result = replace(result, warnings=(*result.warnings, *NOTICED.get(failure.code, ())))
            found = diagnose(failure.example, result=result).findings
        except StrategyError as error:
            found = diagnose(failure.example, error=error).findings

        assert {finding.code for finding in found} == {failure.code}

    @pytest.mark.parametrize(
        "failure", [item for item in FAILURES if item.rewrite and item.look], ids=lambda failure: failure.code
    )
    def test_are_mended_where_there_is_a_rewrite_and_lose_their_failure(self, failure: Failure) -> None:
        assert failure.rewrite is not None

        code = failure.rewrite(Source(failure.example))

        if failure.code in {"bad_indentation", "truncated_code"} and code is None:
            pytest.fail("text that does not parse has no other way")
        assert code is not None
        assert Source(code).tree is not None
        assert failure.code not in {finding.code for finding in inspect(code)}

    @every_failure
    def test_show_nothing_beside_what_they_were_meant_to_be(self, failure: Failure) -> None:
        if failure.example_intended is None:
            return

        assert inspect(failure.example_intended) == ()


class TestHonestStrategies:
    @pytest.mark.parametrize("path", HONEST, ids=lambda path: path.stem)
    def test_are_not_accused(self, path: Path) -> None:
        assert [item for item in inspect(path.read_text()) if item.severity != "note"] == []

    def test_are_many(self) -> None:
        assert len(HONEST) >= 25


class TestBrokenStrategies:
    @pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
    def test_never_stop_a_recogniser_or_a_rewrite(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        code = path.read_text()

        with caplog.at_level(logging.ERROR):
            mend(code, diagnose(code), warnings=True)

        assert caplog.records == []

    @settings(max_examples=60)
    @given(path=st.sampled_from([*BROKEN, *HONEST]), data=st.data())
    def test_may_be_cut_and_jumbled(self, path: Path, data: st.DataObject) -> None:
        lines = path.read_text().split("\n")
        first = data.draw(st.integers(0, len(lines) - 1))
        last = data.draw(st.integers(first, len(lines)))
        code = "\n".join([*lines[:first], *data.draw(st.permutations(lines[first : first + 4])), *lines[last:]])
        stumbled: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = stumbled.append  # type: ignore[method-assign]
        logger = logging.getLogger("backtest_engine.diagnostics")
        logger.addHandler(handler)

        try:
            diagnosis = diagnose(code)
            mend(code, diagnosis, warnings=True)
        finally:
            logger.removeHandler(handler)

        assert isinstance(diagnosis, Diagnosis)
        assert stumbled == []

    @pytest.mark.parametrize(
        "code",
        [
            "",
            "\x00",
            "(" * 5_000,
            "x = " + "-" * 3_000 + "1",
            "a.b" * 60_000,
            "\ud800",
            "if True:\n" * 200 + "pass",
            "f'{" * 200,
            "lambda: " * 900 + "0",
        ],
        ids=["empty", "nul", "brackets", "minuses", "long", "surrogate", "deep", "fstring", "lambdas"],
    )
    def test_may_be_anything(self, code: str) -> None:
        assert isinstance(diagnose(code), Diagnosis)
