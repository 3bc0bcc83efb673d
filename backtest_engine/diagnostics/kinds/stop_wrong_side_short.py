"""A stop or target on the wrong side of a short entry."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Raised, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.stops import mirrored, sides


def _look(source: Source) -> Iterable[Spot]:
    for line, name, written in sides(source, action="sell"):
        yield Spot(
            line=line,
            message=f"`{name}={written}` is on the wrong side: a short needs its stop above and its "
            f"target below the price.",
        )


def _raised(raised: Raised, source: Source) -> Iterable[Spot]:
    found = re.search(r"Short orders require: TP \(([^)]*)\) < LIMIT \(([^)]*)\) < SL \(([^)]*)\)", raised.message)
    if raised.type == "ValueError" and found:
        target, price, stop = found.groups()
        try:
            if float(stop) < float(price) * 0.5:
                return
        except ValueError:
            pass
        said = f"The target ({target}) must be below the price ({price}) and the stop ({stop}) above it."
        yield Spot(line=raised.line, message=said.replace("None", "none"))


def _rewrite(source: Source) -> str | None:
    return mirrored(source, action="sell")


FAILURE = Failure(
    code="stop_wrong_side_short",
    family="order",
    severity="fatal",
    title="Stop of a short on the wrong side",
    explanation="A short needs target < price < stop.",
    hint="For a short: `sl=price * 1.05, tp=price * 0.90`.",
    example=example(
        next="price = self.data.Close[-1]\nif not self.position and crossover(self.slow, "
        "self.fast):\n    self.sell(sl=price * 0.95)\n"
        "elif self.position and crossover(self.fast, self.slow):\n    self.position.close()"
    ),
    look=_look,
    raised=_raised,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
