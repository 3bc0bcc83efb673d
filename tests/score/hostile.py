"""Hostile texts of 100 KB through every path that reads strategy text: `python -m tests.score.hostile [COUNT]`.

Each must be answered or refused within 2 s, and given up within 1 s once nobody waits. The line of JSON at the end
holds every figure; a machine that is busy with other things shows in `load`.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backtest_engine import text_reading
from backtest_engine.checks.parameters import declared_parameters
from backtest_engine.clock import named_in
from backtest_engine.compiler import class_name_in, recognised
from backtest_engine.diagnostics import apply_rewrites, attacks, diagnose, facts_of, front, guarded, module_in
from backtest_engine.domain import BrokerSettings
from backtest_engine.errors import AlgoAgentError, Cancelled, StrategyRaised
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.repair import intent_of
from backtest_engine.repair.asking import code_in
from backtest_engine.repair.readings import drift, is_python, keeps_rules, leaves_position
from backtest_engine.repair.wording import doubts
from backtest_engine.scripts import meant_run
from backtest_engine.text_reading import while_wanted
from tests.hostile_texts import FAMILIES, texts

ANSWERED_WITHIN = 2.0
CANCELLED_WITHIN = 1.0
_CANCEL_AFTER = 0.2
_ERROR = StrategyRaised("NameError: name 'f' is not defined", line=8, details={"root_type": "NameError"})

PATHS: dict[str, Callable[[str], Any]] = {
    "facts": facts_of,
    "parameters": declared_parameters,
    "clock times": named_in,
    "how a file is run": lambda text: meant_run(text, BrokerSettings()),
    "diagnosis": diagnose,
    "diagnosis of an error": lambda text: diagnose(text, error=_ERROR),
    "rewrites": lambda text: apply_rewrites(text, diagnose(text), down_to="note"),
    "attack or not": attacks,
    "guarded": guarded,
    "module in an answer": module_in,
    "code in an answer": code_in,
    "is Python": is_python,
    "drift": lambda text: drift(text, text),
    "same rules": lambda text: keeps_rules(text, text),
    "leaves a position": leaves_position,
    "doubts of a description": lambda text: doubts("long only, RSI 14 below 30", text),
    "compiled or not": lambda text: recognised(text, text_reading.CompiledCode(class_name_in(text) or "")),
    "description": lambda text: OfflineGenerator().generate(text),
    "intent": intent_of,
}


@dataclass
class Figures:
    """Seconds of every answer, by path."""

    took: dict[str, list[float]] = field(default_factory=dict)
    refused: int = 0
    failed: list[str] = field(default_factory=list)

    def take(self, path: str, number: int, text: str) -> None:
        """Ask once, with nothing remembered of the text."""
        forget()
        began = time.monotonic()
        try:
            PATHS[path](text)
        except AlgoAgentError as error:
            self.refused += 1
            if error.code == "internal_error":
                self.failed.append(f"{path}: text {number}")
        self.took.setdefault(path, []).append(time.monotonic() - began)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer."""
        return max(max(seconds) for seconds in self.took.values())


def forget() -> None:
    """Forget what is known of texts."""
    text_reading._given_up.clear()
    front._facts_of.cache_clear()


def seconds_to_cancel(text: str) -> float | None:
    """Return the seconds from a cancellation to the end of a diagnosis; None where it ended before."""
    forget()
    began = time.monotonic()
    try:
        with while_wanted(lambda: time.monotonic() - began > _CANCEL_AFTER):
            diagnose(text)
    except Cancelled:
        return time.monotonic() - began - _CANCEL_AFTER
    return None


def main(count: int) -> int:
    """Print a line for each path, and all figures as JSON."""
    facts_of("x = 1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = Figures()
    cancelled: list[float] = []
    for number, text in enumerate(texts(count, FAMILIES)):
        for path in PATHS:
            figures.take(path, number, text)
        ended = seconds_to_cancel(text)
        cancelled += [ended] if ended is not None else []
    for path, seconds in figures.took.items():
        ordered = sorted(seconds)
        print(f"{path:25} median {ordered[len(ordered) // 2]:6.3f} s   slowest {ordered[-1]:6.3f} s")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    slow = sum(taken > ANSWERED_WITHIN for seconds in figures.took.values() for taken in seconds)
    shown = {
        "texts": count,
        "answers": sum(map(len, figures.took.values())),
        "refused": figures.refused,
        "internal_errors": figures.failed,
        "slower_than_2_s": slow,
        "slowest_seconds": round(figures.slowest, 3),
        "cancelled": len(cancelled),
        "slowest_to_cancel_seconds": round(max(cancelled, default=0.0), 3),
        "grown_kb": grown,
        "load": os.getloadavg()[0],
    }
    print(json.dumps(shown))
    return 1 if slow or figures.failed or max(cancelled, default=0.0) > CANCELLED_WITHIN else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
