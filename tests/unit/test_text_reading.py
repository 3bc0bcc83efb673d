"""Strategy text is read in a child with limits, and what cannot be read is refused soon."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest_engine import text_reading
from backtest_engine.compiled_code import CompiledCode
from backtest_engine.compiler import class_name_in, compile_spec, recognised
from backtest_engine.diagnostics import diagnose, facts_of
from backtest_engine.errors import AlgoAgentError, Cancelled, StrategyRejected
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.spec import StrategySpec
from backtest_engine.text_reading import read_text, while_wanted
from tests.hostile_texts import STRATEGIES, texts
from tests.score import hostile
from tests.unit import limited_work

HARD = "a" * 40

# A bound for machines that are busy with other things; `python -m tests.score.hostile` measures.
SECONDS = 20.0
PIECES = [
    "(",
    "[",
    "{",
    "x.a",
    "not ",
    "-",
    "lambda: ",
    "if x:\n ",
    "\n",
    "class A(Strategy):\n",
    "    ",
    "'",
    '"""',
    "\\",
]
PIECES += [
    " and 1",
    "x = 1\n",
    "self.buy()\n",
    "#",
    "print 'x'\n",
    "import a\n",
    "0",
    "é",
    "\x00",
    "f'{",
    "@",
    ":=",
    ",",
]


@st.composite
def repetitive(draw: st.DrawFn) -> str:
    """Draw a text of up to 100 KB out of a few pieces that repeat."""
    parts = draw(st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 20_000)), min_size=1, max_size=5))
    return "".join(piece * count for piece, count in parts)[:100_000]


class TestReadText:
    def test_gives_up_what_takes_too_long_and_does_not_try_it_again(self) -> None:
        with pytest.raises(StrategyRejected) as first:
            read_text(limited_work.backtrack, HARD)
        began = time.monotonic()
        with pytest.raises(StrategyRejected) as second:
            read_text(limited_work.pid_of, HARD)

        assert first.value.code == second.value.code == "code_too_complex"
        assert time.monotonic() - began < 0.5

    def test_refuses_long_text_before_the_first_look(self) -> None:
        with pytest.raises(StrategyRejected) as raised:
            read_text(limited_work.backtrack, "a" * 100_001)

        assert raised.value.code == "source_too_long"

    def test_stops_when_nobody_waits_any_more(self) -> None:
        wish = threading.Event()
        threading.Timer(0.3, wish.set).start()
        hard = HARD + "a"

        with pytest.raises(Cancelled), while_wanted(wish.is_set):
            read_text(limited_work.backtrack, hard)

        assert hard not in text_reading._given_up

    def test_reads_what_the_compiler_wrote_at_once(self) -> None:
        here = read_text(limited_work.pid_of, CompiledCode("x"))

        assert here == limited_work.pid()
        assert here != read_text(limited_work.pid_of, "x")


class TestRecognised:
    DRAFT = OfflineGenerator().generate("Buy when RSI(14) < 30, sell when RSI(14) > 70")

    def compiled(self) -> CompiledCode:
        spec = StrategySpec.model_validate(self.DRAFT.spec)
        return compile_spec(spec, name=class_name_in(self.DRAFT.code) or "")

    def test_knows_a_stored_module_with_the_words_of_its_user(self) -> None:
        assert isinstance(recognised(str(self.DRAFT.code), self.compiled()), CompiledCode)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("= 30", "= 31"),
            ("    def next", "    x = 1\n    def next"),
            ('"""', '"""\\"""\nimport os\n"""'),
            ("\n\n", "\n\n\n"),
        ],
    )
    def test_does_not_know_one_that_was_changed(self, old: str, new: str) -> None:
        changed = str(self.DRAFT.code).replace(old, new, 1)

        assert changed != self.DRAFT.code
        assert not isinstance(recognised(changed, self.compiled()), CompiledCode)

    def test_is_lost_with_any_change(self) -> None:
        assert not isinstance(self.DRAFT.code + "\n", CompiledCode)


class TestTextPaths:
    @pytest.mark.parametrize("path", hostile.PATHS)
    @given(text=repetitive())
    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def test_answer_or_refuse_repetitive_text(self, path: str, text: str) -> None:
        assert soon(hostile.PATHS[path], text)

    @pytest.mark.parametrize("number", range(len(STRATEGIES)))
    def test_answer_or_refuse_hard_strategies(self, number: int) -> None:
        (text,) = list(texts(number + 1, STRATEGIES))[-1:]

        assert all(soon(ask, text) for ask in (facts_of, diagnose))


def soon(ask: Callable[[str], Any], text: str) -> bool:
    """Whether a question is answered or refused, for a reason that is not ours, within a bound."""
    began = time.monotonic()
    code = None
    try:
        ask(text)
    except AlgoAgentError as error:
        code = error.code
    return code != "internal_error" and time.monotonic() - began < SECONDS
