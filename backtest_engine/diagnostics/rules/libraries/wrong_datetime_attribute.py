"""Weekdays, hours and dates read the wrong way."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_CALLED = frozenset({"weekday", "isoweekday", "date", "time", "day_name", "month_name", "isocalendar", "timetuple"})
_READ = frozenset(
    {"hour", "minute", "second", "day", "month", "year", "dayofweek", "day_of_week", "dayofyear", "quarter", "week"}
)
_INDEX = re.compile(r"self\.data\.(?:df\.)?index\[-?\d+\]")
_OF_TEXT = re.compile(r"\.strftime\([^)]*\)\.\w+")


def _stamp(source: Source, node: ast.expr) -> bool:
    text_ = ast.unparse(node)
    if re.fullmatch(r"self\.data\.index\[-?\d+\]|self\.data\.df\.index\[-?\d+\]", text_):
        return True
    return isinstance(node, ast.Name) and any(
        isinstance(item.targets[0], ast.Name)
        and item.targets[0].id == node.id
        and re.fullmatch(r"self\.data\.(?:df\.)?index\[-?\d+\]", ast.unparse(item.value))
        for item in source.every(ast.Assign)
    )


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute):
        parent = source.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if _OF_TEXT.search(ast.unparse(node)) and isinstance(node.value, ast.Call) and node.attr in _CALLED | _READ:
            yield Location(line=node.lineno, message="`strftime` gives text, which has no weekday or hour.")
        elif _stamp(source, node.value) and node.attr in _CALLED and not called:
            yield Location(
                line=node.lineno,
                message=(
                    f"`{node.attr}` is a method: without parentheses it is compared as a "
                    "function, never equal to anything."
                ),
            )
        elif _stamp(source, node.value) and node.attr in _READ and called:
            yield Location(line=node.lineno, message=f"`{node.attr}` is a value, not a function.")
        elif _stamp(source, node.value) and node.attr in ("weekday_name", "day_week", "dow", "weekdayname", "dt"):
            yield Location(line=node.lineno, message=f"A Timestamp has no `{node.attr}`.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    kinds = (
        "'Timestamp' object",
        "'numpy.datetime64' object",
        "'datetime.date' object",
        "'DatetimeIndex' object",
        "'datetime.datetime' object",
    )
    line = source.line(raised.line)
    if raised.type == "AttributeError" and (
        any(kind in raised for kind in kinds) or ("'str' object" in raised and "strftime" in line)
    ):
        yield Location(line=raised.line, message=f"{raised.message}.")
    elif raised.type == "TypeError" and re.search(
        r"must be str, not (?:Timestamp|datetime)|argument must be str", raised.message
    ):
        yield Location(line=raised.line, message="A time stamp is parsed as if it were text; it is a date already.")
    elif raised.type == "AttributeError" and "'int' object" in raised and re.search(r"index|date|day|hour", line):
        yield Location(line=raised.line, message=f"{raised.message}: the index gives time stamps only with dated bars.")
    elif (
        raised.type == "TypeError"
        and "'int' object is not callable" in raised
        and any(f".{name}(" in line for name in _READ)
    ):
        yield Location(line=raised.line, message="A value of a time stamp is called like a function.")


def _rewrite(source: Source) -> str | None:  # noqa: C901 - one case for each form
    stamps = {ast.unparse(node.value) for node in source.every(ast.Attribute) if _stamp(source, node.value)}
    numbers = {
        item.value
        for node in source.every(ast.Compare)
        for item in node.comparators
        if isinstance(item, ast.Constant) and isinstance(item.value, int)
    }
    weekday = "weekday" if 0 in numbers else "isoweekday"

    def change(node: cst.CSTNode) -> cst.CSTNode | None:  # noqa: C901 - one case for each form
        if isinstance(node, cst.Call) and text(node.func).endswith(("strptime", "fromisoformat")) and node.args:
            return node.args[0].value if _INDEX.fullmatch(text(node.args[0].value)) else None
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            base, name = node.func.value, node.func.attr.value
            if text(base) in stamps and name in _READ and not node.args:
                return node.func
            if isinstance(base, cst.Attribute) and name == "weekday" and _strftime(base):
                return None
        if isinstance(node, cst.Attribute) and _strftime(node.value) and isinstance(node.value, cst.Call):
            stamp = text(node.value.func).removesuffix(".strftime")
            if node.attr.value in ("weekday", "dayofweek", "day_of_week"):
                return expression(f"{stamp}.{weekday}()")
            if node.attr.value in _READ:
                return expression(f"{stamp}.{node.attr.value}")
        if (
            isinstance(node, cst.Comparison)
            and isinstance(node.left, cst.Attribute)
            and text(node.left.value) in stamps
            and node.left.attr.value in _CALLED
        ):
            return node.with_changes(left=cst.Call(node.left))
        if (
            isinstance(node, cst.Assign)
            and isinstance(node.value, cst.Attribute)
            and text(node.value.value) in stamps
            and node.value.attr.value in _CALLED
        ):
            return node.with_changes(value=cst.Call(node.value))
        if (
            isinstance(node, cst.Attribute)
            and text(node.value) in stamps
            and node.attr.value in ("weekday_name", "weekdayname")
        ):
            return expression(f"{dotted(node.value) or text(node.value)}.day_name()")
        if isinstance(node, cst.Attribute) and text(node.value) in stamps and node.attr.value == "dt":
            return node.value
        return None

    return rewritten(source, change)


def _strftime(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "strftime"


RULE = Rule(
    code="wrong_datetime_attribute",
    family="datetime",
    title="A date is read the wrong way",
    explanation="A time stamp has no such attribute, or it is a method that is not called.",
    hint="`self.data.index[-1]` is a Timestamp: `.weekday()` is 0 on Mondays, `.hour` and `.month` are values.",
    example=example(
        next=(
            "if not self.position and self.data.index[-1].weekday == 0 and self.fast[-1] > self.slow[-1]:\n"
            "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        )
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
