"""An indicator function called with the wrong arguments."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, rewritten
from backtest_engine.diagnostics.source import DISPLAY, IndicatorCall, Source


def _problem(source: Source, call: IndicatorCall) -> str:
    label = source.dotted(call.function)
    target = source.functions.get(label)
    if target is None or any(isinstance(item, ast.Starred) for item in call.call.args) or target.args.vararg:
        return ""
    names = [item.arg for item in target.args.args]
    given = len(call.call.args) - 1
    keywords = {item.arg for item in call.call.keywords if item.arg not in DISPLAY}
    if None in keywords or target.args.kwarg:
        return ""
    required = len(names) - len(target.args.defaults)
    extra = keywords - set(names) - {item.arg for item in target.args.kwonlyargs}
    if extra:
        return f"`{label}` takes no argument `{sorted(map(str, extra))[0]}`."
    if given > len(names):
        return f"`{label}` takes {len(names)} arguments, {given} are given."
    missing = [name for name in names[given:required] if name not in keywords]
    return f"`{label}` also needs `{missing[0]}`." if missing else ""


def _check_source(source: Source) -> Iterable[Location]:
    for call in source.indicators:
        said = _problem(source, call)
        if said:
            yield Location(line=call.line, message=said)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    signs = ("required positional argument", "unexpected keyword argument", "positional arguments but")
    if (
        raised.type == "TypeError"
        and any(sign in raised for sign in signs)
        and raised.phase in ("init", "")
        and not any(f"Strategy.{name}()" in raised for name in ("buy", "sell"))
        and "__init__()" not in raised
    ):
        yield Location(line=raised.line, message=f"{raised.message}.")


def _rewrite(source: Source) -> str | None:
    synonyms = ("n", "period", "window", "length", "timeperiod", "span", "lookback", "periods", "size")

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or dotted(node.func) != "self.I" or not node.args:
            return None
        target = source.functions.get(dotted(node.args[0].value))
        if target is None:
            return None
        names = [item.arg for item in target.args.args]
        changed = []
        for item in node.args:
            name = item.keyword.value if item.keyword else ""
            right = [other for other in names if other in synonyms]
            if name in synonyms and name not in names and len(right) == 1:
                item = item.with_changes(keyword=cst.Name(right[0]))
            changed.append(item)
        return node.with_changes(args=changed)

    return rewritten(source, change)


RULE = Rule(
    code="wrong_indicator_arguments",
    family="indicator",
    title="Wrong arguments for an indicator",
    explanation="The indicator function does not take the arguments it is given.",
    hint="Pass what the function takes: `self.I(SMA, self.data.Close, 10)`.",
    example=example(
        top="import pandas as pd\n\n\ndef average(x, n):\n    return pd.Series(x).rolling(n).mean()",
        more_init="self.base = self.I(average, self.data.Close, period=50)",
        next="if not self.position and self.fast[-1] > self.base[-1] > self.slow[-1]:\n    self.buy()",
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    fallback=1,
)
