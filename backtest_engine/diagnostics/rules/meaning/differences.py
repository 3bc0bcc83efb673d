"""How a strategy may differ from one that does what was asked: a row for each difference that `drift` tells apart."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import INIT, NEXT, example
from backtest_engine.diagnostics.source import Source

ASKED = example()


def _row(
    *,
    code: str,
    title: str,
    explanation: str,
    hint: str,
    example: str,
    example_intended: str | None = None,
    covers: tuple[str, ...] = (),
) -> Rule:
    def check_intent(source: Source, intended: Source) -> Iterable[Location]:
        return (
            Location(line=item.line, message=item.message)
            for item in differences(source, intended)
            if item.code == code
        )

    return Rule(
        code=code,
        family="semantics",
        severity="error",
        title=title,
        explanation=explanation,
        hint=hint,
        example=example,
        example_intended=example_intended or ASKED,
        check_intent=check_intent,
        covers=("differs_from_intent", *covers),
    )


RULES: tuple[Rule, ...] = (
    _row(
        code="inverted_signal",
        title="Buys where it should sell",
        explanation="The entry fires on the opposite of what was asked: it buys where it should sell.",
        hint="Exchange the arguments of `crossover`, or turn the comparison round.",
        example=example(
            next=NEXT.replace("self.fast, self.slow", "x")
            .replace("self.slow, self.fast", "self.fast, self.slow")
            .replace("(x)", "(self.slow, self.fast)")
        ),
    ),
    _row(
        code="level_instead_of_cross",
        title="A level instead of a crossing",
        explanation="A crossing is one bar, a level lasts: the code uses one where the other was asked for.",
        hint="Use `crossover` for a crossing, a comparison for a level.",
        example=example(
            next=NEXT.replace(
                "not self.position and crossover(self.fast, self.slow)",
                "not self.position and self.fast[-1] > self.slow[-1]",
            )
        ),
    ),
    _row(
        code="missing_condition",
        title="A condition is missing",
        explanation="The code leaves out a condition that was asked for.",
        hint="Add the condition.",
        example=example(),
        example_intended=example(
            next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > self.slow[-1] and")
        ),
    ),
    _row(
        code="missing_exit",
        title="The exit is missing",
        explanation="The code never leaves a position, although an exit was asked for.",
        hint="Close the position with `self.position.close()`.",
        example=example(next="if not self.position and crossover(self.fast, self.slow):\n    self.buy()"),
    ),
    _row(
        code="missing_stop",
        title="A stop or target is missing",
        explanation="A stop loss or take profit was asked for and is missing.",
        hint="Give it with the order: `self.buy(sl=price * 0.95)`.",
        example=example(),
        example_intended=example(next=NEXT.replace("self.buy()", "self.buy(sl=self.data.Close[-1] * 0.9)")),
    ),
    _row(
        code="unasked_condition",
        title="A condition nobody asked for",
        explanation="The code asks for more than was described before it trades.",
        hint="Remove the condition.",
        example=example(
            next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > self.slow[-1] and")
        ),
    ),
    _row(
        code="unasked_indicator",
        title="An indicator nobody asked for",
        explanation="The code has an indicator that was not asked for; the backtest starts only when it has values.",
        hint="Remove it.",
        example=example(
            more_init="self.trend = self.I(SMA, self.data.Close, 200)",
            next=NEXT.replace("not self.position and", "not self.position and self.trend[-1] > 0 and"),
        ),
        covers=("unasked_condition",),
    ),
    _row(
        code="unasked_stop",
        title="A stop or target nobody asked for",
        explanation="The code sets a stop loss or take profit that was not asked for.",
        hint="Remove it.",
        example=example(next=NEXT.replace("self.buy()", "self.buy(sl=self.data.Close[-1] * 0.9)")),
    ),
    _row(
        code="wrong_direction",
        title="The wrong direction",
        explanation="The code opens positions in a direction that was not asked for, or misses one.",
        hint="Long is `self.buy()`, short is `self.sell()`, leaving is `self.position.close()`.",
        example=example(next=NEXT.replace("self.position.close()", "self.position.close()\n    self.sell()")),
    ),
    _row(
        code="wrong_indicator",
        title="Another indicator than asked for",
        explanation="The code uses another indicator than was asked for.",
        hint="Use the indicator of the description.",
        example=example(
            top=(
                "import pandas as pd\n\n\ndef EMA(x, n):\n"
                "    return pd.Series(x).ewm(span=n, adjust=False, min_periods=n).mean()"
            ),
            init="self.fast = self.I(EMA, self.data.Close, 10)\nself.slow = self.I(EMA, self.data.Close, 20)",
        ),
    ),
    _row(
        code="wrong_logic",
        title="`or` and `and` exchanged",
        explanation="Conditions are joined by `or` where `and` was asked for, or the other way round.",
        hint="Join the conditions as described.",
        example=example(
            next=NEXT.replace(
                "crossover(self.fast, self.slow)",
                "(self.data.Close[-1] > self.fast[-1] or self.data.Close[-1] > self.slow[-1])",
            )
        ),
        example_intended=example(
            next=NEXT.replace(
                "crossover(self.fast, self.slow)",
                "self.data.Close[-1] > self.fast[-1] and self.data.Close[-1] > self.slow[-1]",
            )
        ),
    ),
    _row(
        code="wrong_parameter",
        title="Other periods than asked for",
        explanation="The indicators are the right ones with other numbers than were asked for.",
        hint="Use the numbers of the description.",
        example=example(init=INIT.replace("20", "50")),
    ),
    _row(
        code="wrong_size",
        title="Another size than asked for",
        explanation="The orders have another size than was asked for.",
        hint="Use the size of the description.",
        example=example(next=NEXT.replace("self.buy()", "self.buy(size=0.1)")),
        example_intended=example(next=NEXT.replace("self.buy()", "self.buy(size=0.5)")),
    ),
    _row(
        code="wrong_threshold",
        title="Another threshold than asked for",
        explanation="A threshold in a condition is not the one that was asked for.",
        hint="Use the numbers of the description.",
        example=example(
            next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > 50 and")
        ),
        example_intended=example(
            next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > 30 and")
        ),
    ),
)
