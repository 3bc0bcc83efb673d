"""Unpacking more or fewer arrays than an indicator returns."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten, text
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "ValueError" and "values to unpack" in raised:
        yield Location(line=raised.line, message=f"The indicator returns another number of arrays: {raised.message}.")


def _returned(source: Source, node: ast.Assign) -> int:
    """Return how many arrays the indicator of an assignment returns, 0 where that is not plain."""
    value = node.value
    if not isinstance(value, ast.Call):
        return 0
    named = value.args[0] if source.dotted(value.func) == "self.I" and value.args else value.func
    function = source.functions.get(source.dotted(named))
    counts = {
        len(item.value.elts)
        for item in (ast.walk(function) if function else ())
        if isinstance(item, ast.Return) and isinstance(item.value, ast.Tuple)
    }
    return counts.pop() if len(counts) == 1 else 0


def _wrong(source: Source) -> dict[str, int]:
    """Return the assignments that unpack another number than is returned, as text, with that number."""
    return {
        ast.unparse(node.targets[0]): count
        for node in source.every(ast.Assign)
        if isinstance(node.targets[0], ast.Tuple)
        and (count := _returned(source, node))
        and count != len(node.targets[0].elts)
    }


def _check_source(source: Source) -> Iterable[Location]:
    wrong = _wrong(source)
    for node in source.every(ast.Assign):
        written = ast.unparse(node.targets[0])
        if written in wrong:
            yield Location(
                line=node.lineno,
                message=f"The indicator returns {wrong[written]} arrays; `{written}` takes another number.",
            )


def _rewrite(source: Source) -> str | None:
    """Take the arrays that are returned and not asked for as well."""
    wrong = _wrong(source)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.AssignTarget) or not isinstance(node.target, cst.Tuple):
            return None
        taken = list(node.target.elements)
        count = wrong.get(ast.unparse(ast.parse(text(node.target), mode="eval").body), 0)
        if len(taken) >= count:
            return None
        first = "self." if text(taken[0].value).startswith("self.") else ""
        more = [cst.Element(cst.parse_expression(f"{first}rest_{place}")) for place in range(len(taken), count)]
        return node.with_changes(target=node.target.with_changes(elements=[*taken, *more]))

    return rewritten(source, change)


RULE = Rule(
    code="wrong_output_count",
    family="indicator",
    title="Another number of outputs",
    explanation="The code unpacks another number of arrays than the indicator returns.",
    hint="Unpack exactly what the function returns, for example `upper, middle, lower`.",
    example=example(
        top=(
            "import pandas as pd\n\n\ndef bands(x, n):\n"
            "    mean = pd.Series(x).rolling(n).mean()\n"
            "    return mean * 1.02, mean, mean * 0.98"
        ),
        more_init="self.upper, self.lower = self.I(bands, self.data.Close, 20)",
        next=(
            "if not self.position and self.data.Close[-1] < self.lower[-1] < self.upper[-1]:\n"
            "    self.buy()\nelif self.fast[-1] > self.slow[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
