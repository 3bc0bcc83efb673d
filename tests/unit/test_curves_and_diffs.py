"""Small pure parts of the service."""

import math
import random
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_api.common.renderers import CSVRenderer, finite
from strategy_api.strategies import diffs, equity_curves


class TestCurves:
    @given(st.lists(st.floats(1, 1e9), min_size=1, max_size=50))
    def test_come_back_exactly(self, values: list[float]) -> None:
        index = pd.date_range("2020-01-01 09:30:00.000123", periods=len(values), freq="7min")
        curve = pd.DataFrame({"equity": values, "drawdown_pct": np.zeros(len(values))}, index=index)

        again = equity_curves.unpack(equity_curves.pack(curve))

        assert np.array_equal(again["equity"], curve["equity"])
        assert list(again.index) == list(curve.index)

    def test_of_nothing_are_empty(self) -> None:
        assert equity_curves.points(None) == []


class TestDiffs:
    @given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
    def test_hunks_say_the_same_as_the_text(self, before: list[str], after: list[str]) -> None:
        text = diffs.unified("\n".join(before), "\n".join(after), names=("v1", "v2"))

        lines = [line for hunk in diffs.hunks(text) for line in hunk["lines"]]

        signs = {"context": " ", "added": "+", "removed": "-"}
        rebuilt = [signs[line["kind"]] + line["text"] for line in lines]
        assert rebuilt == [line for line in text.splitlines()[2:] if not line.startswith("@@")]

    @given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.lists(st.sampled_from("abcdefgh"), max_size=40))
    def test_lead_from_one_text_to_the_other(self, before: list[str], after: list[str]) -> None:
        opcodes = diffs._Matcher(before, after).get_opcodes()

        assert [line for _, a, b, _, _ in opcodes for line in before[a:b]] == before
        assert [line for _, _, _, c, d in opcodes for line in after[c:d]] == after
        assert all(before[a:b] == after[c:d] for kind, a, b, c, d in opcodes if kind == "equal")

    def test_of_a_few_changed_lines_show_these_alone(self) -> None:
        before = [f"line {number % 40}" for number in range(2_000)]
        after = before.copy()
        after[100], after[1_500] = "one", "two"
        del after[700]

        text = diffs.unified("\n".join(before), "\n".join(after), names=("v1", "v2"))

        changed = [line for line in text.split("\n")[2:] if line[0] in "+-"]
        assert changed == ["-line 20", "+one", "-line 20", "-line 20", "+two"]

    @pytest.mark.parametrize(
        "lines",
        [
            lambda draw: [str(draw.randrange(100)) for _ in range(50_000)],
            lambda draw: [str(draw.randrange(3)) for _ in range(90_000)],
            lambda draw: [""] * draw.randrange(80_000, 100_000),
            lambda draw: draw.sample([str(number) for number in range(30_000)], 30_000),
            lambda draw: [str(number // 2) for number in draw.sample(range(40_000), 40_000)],
            lambda draw: ["x" * draw.randrange(90_000)],
            lambda draw: [*("\x0b" * draw.randrange(90_000, 100_000))],
            lambda draw: ["a", "b"] * draw.randrange(20_000, 30_000),
        ],
    )
    def test_of_texts_that_are_hard_to_compare_come_soon(self, lines: Any) -> None:
        draw = random.Random(1)
        before, after = "\n".join(lines(draw)), "\n".join(lines(draw))
        began = time.process_time()

        diffs.hunks(diffs.unified(before, after, names=("v1", "v2")))
        rows, _ = diffs.side_by_side(before, after)

        assert len(rows) <= diffs.MOST_ROWS
        assert time.process_time() - began < 6

    def test_of_equal_texts_are_empty(self) -> None:
        assert diffs.hunks(diffs.unified("a\n", "a\n", names=("v1", "v2"))) == []


class TestRendering:
    def test_replaces_what_json_cannot_say(self) -> None:
        value = {"a": [math.nan, 1.5, {"b": math.inf}], "c": (-math.inf, "x")}

        assert finite(value) == {"a": [None, 1.5, {"b": None}], "c": [None, "x"]}

    def test_keeps_a_spreadsheet_from_running_text(self) -> None:
        text = CSVRenderer().render([{"tag": "=HYPERLINK(1)", "pnl": -1.5}])

        assert text == "tag,pnl\r\n'=HYPERLINK(1),-1.5\r\n"
