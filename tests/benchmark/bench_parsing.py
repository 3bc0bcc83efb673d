"""How long a description takes to be read, and to become code; the floor is finding its words."""

import json
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from backtest_engine.errors import RequestError
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.language import parse
from backtest_engine.language.scan import scan

CORPUS = Path(__file__).parents[1] / "corpus" / "descriptions"
ROUNDS = 5


def run() -> list[dict[str, Any]]:
    """Return medians in milliseconds over every description of the corpora."""
    texts = [
        json.loads(line)["text"]
        for name in ("published", "sayable", "unsayable")
        for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    floor = _median(scan, texts)
    rows = []
    for name, function in (("parse a description", parse), ("generate a strategy", OfflineGenerator().generate)):
        value = _median(function, texts)
        rows.append({"name": name, "value": value, "unit": "ms", "floor": floor, "ratio": round(value / floor, 2)})
    return rows


def _median(function: Callable[[str], object], texts: list[str]) -> float:
    times = []
    for _ in range(ROUNDS):
        for text in texts:
            started = time.perf_counter()
            with suppress(RequestError):
                function(text)
            times.append(time.perf_counter() - started)
    return round(1000 * statistics.median(times), 3)
