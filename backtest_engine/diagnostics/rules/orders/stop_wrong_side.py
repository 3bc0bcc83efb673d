"""A stop or target on the wrong side of a long entry."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.stops import mirrored, sides


def _check_source(source: Source) -> Iterable[Location]:
    for line, name, written in sides(source, action="buy"):
        yield Location(
            line=line,
            message=(
                f"`{name}={written}` is on the wrong side: a long needs its stop below and its target above the price."
            ),
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    found = re.search(r"Long orders require: SL \(([^)]*)\) < LIMIT \(([^)]*)\) < TP \(([^)]*)\)", raised.message)
    if raised.type == "ValueError" and found:
        low, price, high = (_number(item) for item in found.groups())
        if high is not None and price and high < price * 0.5:
            return
        said = f"The stop ({low}) must be below the price ({price}) and the target ({high}) above it."
        yield Location(line=raised.line, message=said.replace("None", "none"))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _rewrite(source: Source) -> str | None:
    return mirrored(source, action="buy")


RULE = Rule(
    code="stop_wrong_side",
    family="order",
    title="Stop or target on the wrong side",
    explanation="A long needs stop < price < target.",
    hint="For a long: `sl=price * 0.95, tp=price * 1.10`.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(sl=self.data.Close[-1] * 1.05)")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
