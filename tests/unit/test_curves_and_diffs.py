"""Small pure parts of the service."""

import math

import numpy as np
import pandas as pd
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

    def test_of_equal_texts_are_empty(self) -> None:
        assert diffs.hunks(diffs.unified("a\n", "a\n", names=("v1", "v2"))) == []


class TestRendering:
    def test_replaces_what_json_cannot_say(self) -> None:
        value = {"a": [math.nan, 1.5, {"b": math.inf}], "c": (-math.inf, "x")}

        assert finite(value) == {"a": [None, 1.5, {"b": None}], "c": [None, "x"]}

    def test_keeps_a_spreadsheet_from_running_text(self) -> None:
        text = CSVRenderer().render([{"tag": "=HYPERLINK(1)", "pnl": -1.5}])

        assert text == "tag,pnl\r\n'=HYPERLINK(1),-1.5\r\n"
