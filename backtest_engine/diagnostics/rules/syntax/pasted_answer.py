"""A chat model's answer, with its sentences, fences or JSON around the code."""

from collections.abc import Iterable

from backtest_engine.diagnostics.answers import ends_in_remark, module_in
from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if module_in(source.code) is not None:
        first = next((n for n, line in enumerate(source.lines, 1) if line.strip()), 1)
        remark = ends_in_remark(source.code)
        if remark is None:
            yield Location(line=first)
            return
        message = f"The answer was cut off at its last line, `{remark[-60:]}`: what follows is missing."
        yield Location(line=len(source.code.rstrip().split("\n")), message=message, details={"inside_strategy": True})


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
