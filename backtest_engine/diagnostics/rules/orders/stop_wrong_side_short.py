"""A stop or target on the wrong side of a short entry."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.stops import mirrored, sides


def _check_source(source: Source) -> Iterable[Location]:
    for line, name, written in sides(source, action="sell"):
        yield Location(
            line=line,
            message=f"`{name}={written}` is on the wrong side: a short needs its stop above and its "
            f"target below the price.",
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    found = re.search(r"Short orders require: TP \(([^)]*)\) < LIMIT \(([^)]*)\) < SL \(([^)]*)\)", raised.message)
    if raised.type == "ValueError" and found:
        target, price, stop = found.groups()
        try:
            if float(stop) < float(price) * 0.5:
                return
        except ValueError:
            pass
        said = f"The target ({target}) must be below the price ({price}) and the stop ({stop}) above it."
        yield Location(line=raised.line, message=said.replace("None", "none"))


def _rewrite(source: Source) -> str | None:
    return mirrored(source, action="sell")


RULE = Rule(
    code="stop_wrong_side_short",
    family="order",
    title="Stop of a short on the wrong side",
    explanation="A short needs target < price < stop.",
    hint="For a short: `sl=price * 1.05, tp=price * 0.90`.",
    example=example(
        next="price = self.data.Close[-1]\nif not self.position and crossover(self.slow, "
        "self.fast):\n    self.sell(sl=price * 0.95)\n"
        "elif self.position and crossover(self.fast, self.slow):\n    self.position.close()"
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
