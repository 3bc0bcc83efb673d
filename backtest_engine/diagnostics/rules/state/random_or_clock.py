"""Chance and the clock: two runs differ."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_CLOCK = frozenset(
    [
        "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "datetime.datetime.now",
        "datetime.datetime.today", "datetime.date.today", "datetime.datetime.utcnow", "pandas.Timestamp.now",
        "pandas.Timestamp.today", "pandas.Timestamp.utcnow", "uuid.uuid4", "secrets.randbelow", "secrets.choice",
        "secrets.token_hex", "time.localtime", "time.gmtime", "time.ctime",
    ]
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    seeded = any(
        source.dotted(node.func) in ("random.seed", "numpy.random.seed") and node.args
        for node in source.every(ast.Call)
    )
    for node in source.every(ast.Call):
        label = source.dotted(node.func)
        if label in _CLOCK:
            yield Location(
                line=node.lineno,
                message=f"`{label}` gives another value on every run; a bar's own time is `self.data.index[-1]`.",
            )
        elif label in ("numpy.random.default_rng", "random.Random", "numpy.random.RandomState"):
            if not node.args and not node.keywords:
                yield Location(
                    line=node.lineno, message=f"`{label}()` without a seed gives other numbers on every run."
                )
        elif (
            label.startswith(("random.", "numpy.random.")) and not seeded and not label.endswith((".seed", "Generator"))
        ):
            yield Location(line=node.lineno, message=f"`{label}` gives other numbers on every run.")
        elif label == "hash" and node.args:
            yield Location(line=node.lineno, message="`hash` of text differs from run to run.")


RULE = Rule(
    code="random_or_clock",
    family="state",
    severity="error",
    title="Depends on chance or on the clock",
    explanation=(
        "The strategy uses random numbers without a seed, or the time of day it runs at: two runs give two results."
    ),
    hint="Fix the seed, and take times from `self.data.index`.",
    example=example(
        top="import random",
        next=(
            "if not self.position and random.random() < 0.5 and self.fast[-1] > self.slow[-1]:\n"
            "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    covers=("not_repeatable",),
)
