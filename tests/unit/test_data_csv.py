"""No malformed table gets in unnoticed: each is refused with a reason, or accepted with a word about it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.data import Folder, Samples, import_csv
from backtest_engine.data.csv_bars import read_csv
from backtest_engine.errors import InvalidData, RequestError, UnknownSymbol, UnsupportedInterval

CORPUS = Path(__file__).parents[1] / "corpus/csv"
CASES: list[dict[str, Any]] = json.loads((CORPUS / "cases.json").read_text())


def of(outcome: str) -> Any:
    chosen = [case for case in CASES if case["outcome"] == outcome]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case["file"].removesuffix(".csv"))


def imported(name: str, into: Path, *, interval: str | None = None) -> Any:
    with (CORPUS / name).open("rb") as file:
        return import_csv(file, symbol="TEST", interval=interval, into=into)


class TestCorpus:
    def test_holds_at_least_forty_malformed_tables(self) -> None:
        assert sum(case["outcome"] != "accepted" for case in CASES) >= 40

    @of("accepted")
    def test_another_way_to_write_the_same_is_read(self, case: dict[str, Any], tmp_path: Path) -> None:
        dataset = imported(case["file"], tmp_path)

        assert len(dataset) >= 5
        assert not dataset.notices

    @of("warned")
    def test_what_had_to_be_decided_is_said(self, case: dict[str, Any], tmp_path: Path) -> None:
        dataset = imported(case["file"], tmp_path)

        assert case["kind"] in [notice.details["kind"] for notice in dataset.notices]
        assert {notice.code for notice in dataset.notices} == {"data_quality"}

    @of("refused")
    def test_what_cannot_be_read_is_refused_and_nothing_is_kept(self, case: dict[str, Any], tmp_path: Path) -> None:
        with pytest.raises((InvalidData, UnsupportedInterval)) as caught:
            imported(case["file"], tmp_path)

        assert caught.value.details.get("kind") == case["kind"] or case["kind"] is None
        assert caught.value.line == case["line"] or case["line"] is None
        assert len(caught.value.message) < 300
        assert not list(tmp_path.iterdir())

    @of("refused_as_1d")
    def test_an_interval_that_the_bars_contradict_is_refused(self, case: dict[str, Any], tmp_path: Path) -> None:
        with pytest.raises(InvalidData, match="1h apart, not 1d"):
            imported(case["file"], tmp_path, interval="1d")


class TestImport:
    def test_gives_back_the_bars_that_went_in(self, tmp_path: Path) -> None:
        original = Samples().bars("GOOG", start=None, end=None, interval=None)
        text = original.bars.to_csv(index_label="Date").encode()

        dataset = import_csv(io.BytesIO(text), symbol=" brk/b ", interval="daily", into=tmp_path)

        served = Folder(tmp_path).bars("BRK/B", start=None, end=None, interval="1d")
        assert dataset.fingerprint == served.fingerprint == original.fingerprint
        assert dataset.symbol == "BRK/B"

    def test_reads_no_more_than_it_may(self, tmp_path: Path) -> None:
        class Endless(io.RawIOBase):
            given = 0

            def read(self, size: int = -1) -> bytes:
                self.given += size
                return b"2020-01-02,1,1,1,1,1\n" * (size // 21)

        stream = Endless()

        with pytest.raises(InvalidData, match=r"larger than 0\.0954 MiB"):
            import_csv(stream, symbol="X", into=tmp_path, max_bytes=100_000)  # type: ignore[arg-type]

        assert stream.given < 300_000

    @pytest.mark.parametrize("symbol", ["", "../../etc/passwd", "A B", "x" * 41, "ünï", ".", "A\x00", "=", "a\nb"])
    def test_refuses_what_is_no_symbol(self, symbol: str, tmp_path: Path) -> None:
        with pytest.raises(UnknownSymbol):
            import_csv(io.BytesIO(b""), symbol=symbol, into=tmp_path)

    def test_an_import_replaces_the_one_before(self, tmp_path: Path) -> None:
        imported("crlf.csv", tmp_path)
        newer = imported("month_first.csv", tmp_path)

        served = Folder(tmp_path).bars("TEST", start=None, end=None, interval=None)

        assert served.fingerprint == newer.fingerprint

    def test_a_message_quotes_no_more_than_a_piece_of_a_cell(self, tmp_path: Path) -> None:
        text = f"Date,Open,High,Low,Close\n2020-01-02,{'z' * 150},2,1,1\n"

        with pytest.raises(InvalidData) as caught:
            import_csv(io.BytesIO(text.encode()), symbol="X", into=tmp_path)

        assert "z" * 31 not in caught.value.message


@settings(max_examples=60)
@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    header = b"Date,Open,High,Low,Close\n"

    for text in (raw, header + raw):
        try:
            bars, _ = read_csv(io.BytesIO(text))
        except RequestError:
            continue
        assert len(bars) > 0
