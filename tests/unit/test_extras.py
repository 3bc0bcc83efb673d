"""A package that is installed on demand and is not there: what is said."""

import pickle
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backtest_engine.data import CcxtExchange, Yahoo
from backtest_engine.data.interval import parse_interval
from backtest_engine.data.parquet import read_parquet
from backtest_engine.errors import AlgoAgentError, DataUnavailable, InvalidData, ModelUnavailable
from backtest_engine.key_rotation import ApiKey, KeyPool, MemoryLedger
from backtest_engine.llm import PROVIDERS, BackgroundLoop, Connection
from backtest_engine.ports import Prompt

ROOT = Path(__file__).resolve().parents[2]
DAYS = {"start": datetime(2020, 1, 1, tzinfo=UTC), "end": datetime(2020, 2, 1, tzinfo=UTC)}
SDK = {"gemini": "google.genai", "anthropic": "anthropic", "openai": "openai", "compatible": "openai"}


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Make an import of the package fail, as where it is not installed."""
    for name in [name for name in sys.modules if name.startswith(("pydantic_ai.providers.", "pydantic_ai.models."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)


def says_what_to_run(error: AlgoAgentError, extra: str) -> bool:
    """Return whether the error names the commands, and whether they exist."""
    assert (error.code, error.retryable, error.details["extra"]) == ("package_not_installed", False, extra)
    hint = error.hint or ""
    assert re.search(rf"^add-{extra}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert (ROOT / f"requirements-{extra}.txt").exists()
    return f"`make add-{extra}`" in hint and f"-r requirements-{extra}.txt" in hint


class TestMissingPackage:
    @pytest.mark.parametrize(("source", "package"), [(Yahoo(), "yfinance"), (CcxtExchange("kraken"), "ccxt")])
    def test_of_a_market(self, monkeypatch: pytest.MonkeyPatch, source: Yahoo | CcxtExchange, package: str) -> None:
        hide(monkeypatch, package)

        with pytest.raises(DataUnavailable) as missing:
            source.fetch("BTC/USDT", interval=parse_interval("1d"), **DAYS)

        assert says_what_to_run(missing.value, "markets")
        assert says_what_to_run(pickle.loads(pickle.dumps(missing.value)), "markets")  # noqa: S301  # our own

    @pytest.mark.parametrize("provider", sorted(PROVIDERS))
    def test_of_a_model(self, monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
        hide(monkeypatch, SDK[provider])
        pool = KeyPool(
            [ApiKey("secret", name="one")], ledger=MemoryLedger(clock=time.time), clock=time.time, jitter=float
        )
        connection = Connection(keys=pool, loop=BackgroundLoop(), base_url="http://127.0.0.1:9")
        model = PROVIDERS[provider].build("some-model", connection)

        with pytest.raises(ModelUnavailable) as missing:
            model.complete(Prompt(system="", user="Hello?"))

        assert says_what_to_run(missing.value, "models")

    def test_of_parquet(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        hide(monkeypatch, "pyarrow")

        with pytest.raises(InvalidData) as missing:
            read_parquet(tmp_path / "AAPL.parquet")

        assert says_what_to_run(missing.value, "parquet")
