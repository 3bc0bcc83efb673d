"""What a strategy was meant to do: a description or a specification, as code that does just that."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backtest_engine.compiled_code import CompiledCode
from backtest_engine.compiler import compile_spec, recognised
from backtest_engine.diagnostics.source import Source
from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language import parse
from backtest_engine.repair.portable import portable
from backtest_engine.spec import StrategySpec


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A description, and code compiled from it where it could be read whole; `problem` says why not."""

    description: str = ""
    code: str | None = None
    assumptions: tuple[str, ...] = ()
    problem: str = ""


def intent_of(description: str | None = None, *, spec: StrategySpec | Mapping[str, Any] | None = None) -> Intent:
    """Compile what was asked; a specification goes before the description."""
    text = (description or "").strip()
    if spec is not None:
        known = spec if isinstance(spec, StrategySpec) else StrategySpec.model_validate(dict(spec))
        return Intent(description=text, code=_code(known, text))
    if not text:
        return Intent(problem="there is no description to compare with")
    try:
        parsed = parse(text)
    except (DescriptionRefused, NeedsClarification) as error:
        return Intent(description=text, problem=f"the description could not be read whole: {error.message}")
    code = _code(parsed.spec, text)
    if _compares_with_itself(code):
        return Intent(description=text, problem="the description was read as a comparison of something with itself")
    return Intent(description=text, code=code, assumptions=parsed.assumptions)


def _compares_with_itself(code: str) -> bool:
    """Whether a condition has the same value on both sides, up to a factor: then a word was taken for another."""
    source = Source(code)
    return any(
        len(read) == 1 and read == other
        for node in source.every(ast.Compare)
        if (read := _read(source, node.left)) and (other := _read(source, node.comparators[0]))
    )


def _read(source: Source, side: ast.expr) -> frozenset[str]:
    """Return what an expression reads that is not a number."""
    return frozenset(
        ast.unparse(node)
        for node in ast.walk(side)
        if isinstance(node, ast.Subscript) or (isinstance(node, ast.Call) and source.number(node) is None)
    )


def _code(spec: StrategySpec, description: str) -> str:
    code = portable(compile_spec(spec, name="Strategy as described", explanation=description))
    return recognised(code, CompiledCode(code))
