"""Every rule is held to the same promises: a newcomer is tested before anyone writes a test for it."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtest_engine.diagnostics.rules as rules
from backtest_engine.data import Samples
from backtest_engine.diagnostics import RULES, Diagnosis, Rule
from backtest_engine.diagnostics.base import SEVERITIES
from backtest_engine.diagnostics.diagnosis import diagnose, inspect
from backtest_engine.diagnostics.rewrites import apply_rewrites
from backtest_engine.diagnostics.rules.meaning import differences
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

# Whose example is what its rewrite leaves alone.
UNANSWERED = {"trailing_strategy"}

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
only_when_run = [rule for rule in RULES if rule.check_source is None and rule.check_intent is None]


@pytest.fixture(scope="module")
def executor() -> Iterator[SandboxedExecutor]:
    with closing(SandboxedExecutor()) as sandboxed:
        yield sandboxed


@pytest.fixture(scope="module")
def goog() -> Dataset:
    return Samples().bars("GOOG", start=None, end=None, interval=None)


class TestEveryRule:
    def test_is_one_file_named_for_its_code(self) -> None:
        files = {path.stem: path for path in Path(rules.__path__[0]).glob("*/*.py") if path.stem != "__init__"}

        for rule in RULES:
            if rule not in differences.RULES:
                folder = files.pop(rule.code).parent.name
                assert importlib.import_module(f"{rules.__name__}.{folder}.{rule.code}").RULE is rule
        assert set(files) == {"differences"}

    def test_has_a_code_of_its_own(self) -> None:
        codes = [rule.code for rule in RULES]

        assert len(set(codes)) == len(codes)

    @every_rule
    def test_speaks_in_sentences(self, rule: Rule) -> None:
        assert rule.family in FAMILIES
        assert rule.severity in SEVERITIES
        assert rule.title
        assert rule.title[-1] not in ".!"
        assert rule.explanation.rstrip().endswith((".", "…"))
        assert rule.hint.rstrip().endswith(".")

    @every_rule
    def test_explains_away_only_rules_that_exist(self, rule: Rule) -> None:
        assert set(rule.covers) <= {other.code for other in RULES} - {rule.code}
        assert set(rule.covers_families) <= FAMILIES

    @every_rule
    def test_can_be_recognised_somehow(self, rule: Rule) -> None:
        assert rule.check_source or rule.check_error or rule.check_result or rule.check_intent


class TestExamples:
    @pytest.mark.parametrize("rule", [item for item in RULES if item not in only_when_run], ids=lambda rule: rule.code)
    def test_are_recognised_as_themselves_and_by_no_other_rule(self, rule: Rule) -> None:
        found = diagnose(rule.example, intended=rule.example_intended).findings

        assert {finding.code for finding in found} == {rule.code}

    @pytest.mark.parametrize("rule", only_when_run, ids=lambda rule: rule.code)
    def test_are_recognised_by_what_a_run_shows(self, rule: Rule, executor: SandboxedExecutor, goog: Dataset) -> None:
        try:
            result = executor.execute(rule.example, dataset=goog, broker=BrokerSettings())
            result = replace(result, warnings=(*result.warnings, *NOTICED.get(rule.code, ())))
            found = diagnose(rule.example, result=result).findings
        except StrategyError as error:
            found = diagnose(rule.example, error=error).findings

        assert {finding.code for finding in found} == {rule.code}

    @pytest.mark.parametrize(
        "rule",
        [item for item in RULES if item.rewrite and item.check_source and item.code not in UNANSWERED],
        ids=lambda rule: rule.code,
    )
    def test_are_rewritten_where_there_is_a_rewrite_and_then_keep_the_rule(self, rule: Rule) -> None:
        assert rule.rewrite is not None

        code = rule.rewrite(Source(rule.example))

        if rule.code in {"bad_indentation", "truncated_code"} and code is None:
            pytest.fail("text that does not parse has no other way")
        assert code is not None
        assert Source(code).tree is not None
        assert rule.code not in {finding.code for finding in inspect(code)}

    @every_rule
    def test_show_nothing_beside_what_they_were_meant_to_be(self, rule: Rule) -> None:
        if rule.example_intended is None:
            return

        assert inspect(rule.example_intended) == ()


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
            apply_rewrites(code, diagnose(code), down_to="note")

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
            apply_rewrites(code, diagnosis, down_to="note")
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
