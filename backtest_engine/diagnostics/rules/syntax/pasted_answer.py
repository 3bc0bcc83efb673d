"""A chat model's answer, with its sentences, fences or JSON around the code."""

from collections.abc import Iterable

from backtest_engine.diagnostics.answers import module_in, stands_for_code
from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if module_in(source.code) is not None:
        first = next((n for n, line in enumerate(source.lines, 1) if line.strip()), 1)
        remark = stands_for_code(source.code)
        if remark is None:
            yield Location(line=first)
            return
        line = next(n for n, text in enumerate(source.lines, 1) if remark in text)
        message = f"The answer was cut off at line {line}, `{remark[-60:]}`: the code that belongs there is missing."
        yield Location(line=line, message=message, details={"inside_strategy": True})


def _rewrite(source: Source) -> str | None:
    return module_in(source.code)


RULE = Rule(
    code="pasted_answer",
    family="syntax",
    title="An answer around the code",
    explanation="The text is an answer with sentences, fences or JSON around the code, which Python cannot read.",
    hint="Keep only the code; put explanations in comments.",
    example="I've fixed it. Here's the strategy:\n\n```python\n" + example() + "```\n\nIt's long only.\n",
    check_source=_check_source,
    rewrite=_rewrite,
    covers_families=("syntax",),
)
