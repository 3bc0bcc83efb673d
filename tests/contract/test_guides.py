"""The code that the guides show runs as it is shown."""

import http.server
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

GUIDES = Path(__file__).resolve().parents[2] / "docs/guides"


@pytest.fixture
def guide(request: pytest.FixtureRequest) -> Iterator[Callable[[str], ModuleType]]:
    """Load the file that a guide shows, as a module at the path that the guide gives it."""
    loaded: list[str] = []

    def load(name: str) -> ModuleType:
        text = (GUIDES / name).read_text()
        path, code = re.findall(r"`([\w/]+\.py)`[^`]*?:\n\n```python\n(.*?)```", text, re.DOTALL)[0]
        module = ModuleType(path.removesuffix(".py").replace("/", "."))
        sys.modules[module.__name__] = module
        loaded.append(module.__name__)
        exec(compile(code, path, "exec"), module.__dict__)
        return module

    yield load
    for name in loaded:
        del sys.modules[name]


class TestAddingAnIndicator:
    def test_gives_an_indicator_that_never_looks_ahead(self, guide: Any) -> None:
        indicator = guide("adding-an-indicator.md").EFFICIENCY
        close = 100 + np.random.default_rng(1).normal(size=200).cumsum()

        whole = indicator.function(close, 10)
        straight = indicator.function(np.arange(1.0, 50.0), 10)

        assert np.isnan(whole[:10]).all()
        assert ((whole[10:] >= 0) & (whole[10:] <= 1)).all()
        np.testing.assert_allclose(straight[10:], 1.0)
        np.testing.assert_allclose(indicator.function(close[:120], 10), whole[:120])


class TestAddingADataSource:
    def test_gives_a_source_behind_remote(self, guide: Any) -> None:
        from backtest_engine.data import Remote
        from backtest_engine.errors import UnknownSymbol

        days = pd.bdate_range("2024-01-01", "2024-03-29")
        rows = [f"{day:%Y-%m-%d},{100 + n},{102 + n},{99 + n},{101 + n},1000" for n, day in enumerate(days)]
        with Files({"/AAPL.csv": "\n".join(["date,open,high,low,close,volume", *rows])}) as address:
            vendor = guide("adding-a-data-source.md").PlainCsv(address)
            source = Remote(vendor, now=lambda: datetime(2024, 6, 1, tzinfo=UTC))
            start, end = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)

            dataset = source.bars("AAPL", start=start, end=end, interval="1d")
            with pytest.raises(UnknownSymbol):
                source.bars("MSFT", start=start, end=end, interval="1d")

        assert (dataset.source, len(dataset)) == ("plain_csv", 21)
        assert (dataset.start, dataset.end) == (start, end)


class TestAddingAModelProvider:
    def test_gives_a_provider_that_answers(self, guide: Any) -> None:
        from backtest_engine.key_rotation import ApiKey, KeyPool, MemoryLedger
        from backtest_engine.llm import BackgroundLoop, Connection
        from backtest_engine.ports import Prompt
        from tests.fakes.vendors import FakeVendor

        provider = guide("adding-a-model-provider.md").PROVIDER
        ledger = MemoryLedger(clock=time.time)
        pool = KeyPool([ApiKey("secret", name="main")], ledger=ledger, clock=time.time, jitter=lambda: 0.0)
        loop = BackgroundLoop()
        try:
            with FakeVendor() as vendor:
                vendor.plan(("text", "Good day."))
                model = provider.build("mistral-large", Connection(keys=pool, loop=loop, base_url=f"{vendor.url}/v1"))

                answer = model.complete(Prompt(system="You greet.", user="Hello?", purpose="test"))
        finally:
            loop.close()

        assert (answer.text, answer.provider) == ("Good day.", "mistral")


class TestAddingAFailureRule:
    def test_gives_a_rule_that_recognises_its_example(self, guide: Any) -> None:
        from backtest_engine.diagnostics.source import Source

        rule = guide("adding-a-failure-rule.md").RULE
        honest = rule.example.replace("size=0", "size=0.5")

        assert [place.message for place in rule.check_source(Source(rule.example))] == [
            "`self.buy` orders a size of zero."
        ]
        assert list(rule.check_source(Source(honest))) == []


class TestAddingAKindOfRun:
    def test_gives_a_kind_that_counts(self, guide: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        module = guide("adding-a-kind-of-run.md")
        request = module.CountTradesRequest(data={"first_year": 2005})
        traded = [{"entry_time": f"{year}-03-01T00:00:00Z"} for year in (2004, 2005, 2005, 2006)]
        rows = Mock()
        rows.objects.filter.return_value = [SimpleNamespace(trades=traded), SimpleNamespace(trades=traded[:2])]
        monkeypatch.setattr(module, "Execution", rows)
        job = SimpleNamespace(
            run=SimpleNamespace(subject_id=1), emit=Mock(), result={}, parameters={"first_year": 2005}
        )

        module.COUNT_TRADES.perform(job)

        assert request.is_valid()
        assert job.result == {"years": {"2005": 3, "2006": 1}}
        assert job.emit.call_count == 2


class Files:
    """A server of files on loopback."""

    def __init__(self, files: dict[str, str]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
