"""A strategy that needs too much memory."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.work import huge_arrays


def _check_source(source: Source) -> Iterable[Location]:
    for line, said in huge_arrays(source):
        yield Location(line=line, message=said)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.code == "memory_limit"
        or raised.type in ("MemoryError", "_ArrayMemoryError")
        or "Unable to allocate" in raised
    ):
        yield Location(line=raised.line, message=raised.message or "The strategy needs more memory than it may use.")


RULE = Rule(
    code="out_of_memory",
    family="resource",
    title="Needs too much memory",
    explanation="The strategy builds arrays or lists that are far larger than its data.",
    hint="Keep one number for each bar, not a matrix of all pairs, and no copy of the data for each bar.",
    example=example(top="import numpy as np", more_init="self.grid = np.zeros((100_000, 100_000))"),
    check_source=_check_source,
    check_error=_check_error,
)
