"""Files as people export them: read right, or refused with the true reason; never silently wrong."""

import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from backtest_engine.data import Folder
from backtest_engine.data.csv_bars import read_csv
from backtest_engine.errors import InvalidData
from tests.corpus.layouts import LAYOUTS, Layout

PUBLIC = Path(__file__).parents[1] / "corpus/public"
EXPECTED: dict[str, dict[str, Any]] = json.loads((PUBLIC / "expect.json").read_text())


def named(must: tuple[str, ...]) -> Any:
    chosen = [layout for layout in LAYOUTS if layout.must in must]
    return pytest.mark.parametrize("layout", chosen, ids=lambda layout: layout.name)


def same(bars: pd.DataFrame, rows: list[tuple[Any, ...]]) -> None:
    """Compare times (dates for days) and all five numbers."""
    daily = all(row[0] == row[0].normalize() for row in rows)
    times = bars.index.normalize() if daily else bars.index

    assert list(times) == [row[0] for row in rows]
    assert [list(map(float, row[1:])) for row in rows] == [
        pytest.approx(row, rel=1e-12) for row in bars.to_numpy().tolist()
    ]


def rows_of(layout: Layout) -> list[tuple[Any, ...]]:
    bars = sorted(layout.bars, key=lambda bar: bar.t)
    return [(pd.Timestamp(bar.t), bar.o, bar.h, bar.l, bar.c, bar.v) for bar in bars]


def read(layout: Layout) -> pd.DataFrame:
    return read_csv(io.BytesIO(layout.raw), only_symbol=layout.symbol)[0]


class TestLayouts:
    def test_are_more_than_two_hundred_and_differ(self) -> None:
        assert len({layout.raw + str(layout.symbol).encode() for layout in LAYOUTS}) == len(LAYOUTS) > 200

    @named(("read",))
    def test_are_read(self, layout: Layout) -> None:
        same(read(layout), rows_of(layout))

    @named(("refuse",))
    def test_are_refused_for_the_true_reason(self, layout: Layout) -> None:
        with pytest.raises(InvalidData) as refused:
            read(layout)

        assert re.search(layout.reason, refused.value.message)

    @named(("either",))
    def test_are_read_right_or_refused_for_the_true_reason(self, layout: Layout) -> None:
        try:
            bars = read(layout)
        except InvalidData as error:
            refused = error
        else:
            same(bars, rows_of(layout))
            return

        assert re.search(layout.reason, refused.message)


class TestPublicRecord:
    @pytest.mark.parametrize("name", sorted(EXPECTED))
    def test_files_are_read_as_they_were_meant(self, name: str) -> None:
        expected = EXPECTED[name]
        raw = io.BytesIO((PUBLIC / "files" / name).read_bytes())

        if expected["rows"]:
            bars, _ = read_csv(raw)
            same(bars, [(pd.Timestamp(datetime.fromisoformat(row[0])), *row[1:]) for row in expected["rows"]])
        else:
            with pytest.raises(InvalidData, match="holds 2 series"):
                read_csv(raw)

    @pytest.mark.parametrize(("name", "count", "first"), [("LONGSAME", 30, 187.0), ("PGTWO", 60, 187.0)])
    def test_one_of_several_symbols_can_be_chosen(self, name: str, count: int, first: float) -> None:
        raw = (PUBLIC / "files" / f"{name}.csv").read_bytes()
        with pytest.raises(InvalidData) as refused:
            read_csv(io.BytesIO(raw))
        symbols = refused.value.details["symbols"]

        parts = [read_csv(io.BytesIO(raw), only_symbol=symbol)[0] for symbol in symbols]

        assert symbols[1] == "MSFT"
        assert [len(part) for part in parts] == [count, count]
        assert parts[0]["Open"].iloc[0] == first

    def test_an_error_carries_the_line_as_it_stands_in_the_file(self) -> None:
        text = b"made by hand\nDate,Time,Open,High,Low,Close\n2024-01-02,93099,1,1,1,1\n"

        with pytest.raises(InvalidData, match="Line 3: '93099' is no date or time") as refused:
            read_csv(io.BytesIO(text))

        assert refused.value.line == 3
        assert refused.value.details["text"] == "2024-01-02,93099,1,1,1,1"


class TestParquet:
    """Files of other origin are held to the same rules."""

    def test_days_keep_the_date_of_their_zone(self, tmp_path: Path) -> None:
        index = pd.date_range("2024-01-01", periods=20, freq="B", tz="Asia/Kolkata", name="Date")
        pd.DataFrame(
            dict.fromkeys(("Open", "High", "Low", "Close", "Volume"), 10.0), index=index
        ).reset_index().to_parquet(tmp_path / "AAA.parquet")

        bars = Folder(tmp_path).bars("AAA", start=None, end=None, interval=None).bars

        assert list(bars.index) == list(index.tz_localize(None))

    def test_several_symbols_are_refused(self, tmp_path: Path) -> None:
        times = pd.date_range("2024-01-01", periods=20)
        frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), 10.0), index=range(20))
        frame.assign(date=times, ticker=["AAA"] * 10 + ["BBB"] * 10).to_parquet(tmp_path / "AAA.parquet")

        with pytest.raises(InvalidData, match="2 series: AAA, BBB"):
            Folder(tmp_path).bars("AAA", start=None, end=None, interval=None)
