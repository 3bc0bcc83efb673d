"""More than one strategy class."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if len(source.strategies) < 2 or source.strategy is None:
        return
    based = {source.dotted(base) for node in source.strategies for base in node.bases}
    leaves = [node.name for node in source.strategies if node.name not in based]
    others = ", ".join(f"`{node.name}`" for node in source.strategies if node is not source.strategy)
    said = f"There are {len(source.strategies)} strategy classes: `{source.strategy.name}` is run, {others} not."
    yield Location(line=source.strategy.lineno, message=said, severity="warning" if len(leaves) > 1 else "note")


RULE = Rule(
    code="ambiguous_class",
    family="structure",
    severity="warning",
    title="More than one strategy class",
    explanation="The code has several strategy classes and does not say which one is meant.",
    hint="Keep one strategy class, or derive it from the others.",
    example=example()
    + "\n\nclass Other(Strategy):\n    def init(self):\n        pass\n\n    def next(self):\n"
    + "        if not self.position:\n            self.buy()\n",
    check_source=_check_source,
)
