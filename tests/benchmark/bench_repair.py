"""How long diagnosis and rewrites take, beside parsing the same text."""

import ast
import contextlib
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from backtest_engine.diagnostics import RULES, Diagnosis
from backtest_engine.diagnostics.diagnosis import diagnose
from backtest_engine.diagnostics.rewrites import apply_rewrites
from backtest_engine.diagnostics.source import Source

CORPUS = Path(__file__).parent.parent / "corpus"
# What the project promises, in milliseconds.
DIAGNOSIS_MS = 50.0
REWRITE_MS = 20.0
_TIMES = 3


def run() -> list[dict[str, Any]]:
    """Return rows of name, value, unit, floor and ratio; the floor is parsing the same modules with `ast`."""
    modules = [path.read_text() for name in ("broken", "honest") for path in sorted((CORPUS / name).glob("*.py"))]
    diagnosed = [(code, found) for code in modules if apply_rewrites(code, found := diagnose(code)) is not None]
    parsing = _milliseconds(_parse, modules)
    looking = _milliseconds(diagnose, modules)
    rewriting = _milliseconds(lambda item: apply_rewrites(item[0], item[1]), diagnosed)
    single = _milliseconds(lambda item: _first(*item), diagnosed)
    return [
        _row("one rewrite, median", statistics.median(single), statistics.median(parsing)),
        _row("one rewrite, worst", max(single), max(parsing)),
        _row("diagnosis, median", statistics.median(looking), statistics.median(parsing)),
        _row("diagnosis, worst", max(looking), max(parsing)),
        _row("rewrites with a diagnosis after each, median", statistics.median(rewriting), statistics.median(parsing)),
        _row("rewrites with a diagnosis after each, worst", max(rewriting), max(parsing)),
    ]


def _first(code: str, diagnosis: Diagnosis) -> str | None:
    """Apply the first rewrite that there is for a finding."""
    rewrites = {failure.code: failure.rewrite for failure in RULES}
    for finding in diagnosis.findings:
        rewrite = rewrites[finding.code]
        changed = rewrite(Source(code)) if rewrite is not None else None
        if changed is not None:
            return changed
    return None


def _parse(code: str) -> None:
    with contextlib.suppress(SyntaxError):
        ast.parse(code)


def _milliseconds(work: Callable[[Any], Any], items: Iterable[Any]) -> list[float]:
    """Return the best of several times for each item."""
    found = []
    for item in items:
        took = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            work(item)
            took.append(time.perf_counter() - began)
        found.append(min(took) * 1000)
    return found


def _row(name: str, value: float, floor: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "ms",
        "floor": round(floor, 3),
        "ratio": round(value / floor, 1),
    }
