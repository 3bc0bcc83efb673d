"""An answer that was cut off."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import complaint, missing_brackets, position
from backtest_engine.diagnostics.source import Source

_SAID = re.compile(
    r"never closed|unexpected EOF|unterminated|expected an indented block|expected '(except|:)|invalid syntax"
)


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and _SAID.search(complaint(source)):
        last = len(source.code.rstrip().split("\n"))
        tail = "never closed" in complaint(source) or "triple-quoted" in complaint(source)
        if position(source)[0] >= last or tail:
            written = source.line(last)
            yield Location(
                line=last,
                message=f"The answer was cut off at line {last}, `{written[-60:]}`: what follows is missing.",
                details={"inside_strategy": source.lines[last - 1][:1].isspace()},
            )


def _rewrite(source: Source) -> str | None:
    text = source.code.rstrip()
    for code in (_completed(text), _emptied(text), *_shortened(text)):
        if code and Source(code).tree is not None:
            return code
    return None


def _completed(text: str) -> str | None:
    """Close what is open on the last line; an exit that was being written gets its `close()`."""
    *above, last = text.split("\n")
    last += missing_brackets(last)
    head = re.match(r"^(\s*)(?:el)?if\b(.*)", last)
    if head:
        last = last.rstrip(":") + ":"
        if not re.search(r"(?<!not )self\.position\b", head[2]) and "crossover(" not in head[2]:
            return None
        order = "self.position.close()" if "self.buy(" in text or "self.sell(" in text else "self.buy()"
        return "\n".join([*above, last, f"{head[1]}    {order}"]) + "\n"
    return "\n".join([*above, last]) + "\n"


def _emptied(text: str) -> str:
    """Put `pass` in the place of the last line, so that the block around it keeps its place."""
    *above, last = text.split("\n")
    return "\n".join([*above, " " * (len(last) - len(last.lstrip())) + "pass"]) + "\n"


def _shortened(text: str) -> Iterable[str]:
    lines = text.split("\n")
    for count in range(1, min(8, len(lines))):
        yield "\n".join(lines[:-count]).rstrip() + "\n"


RULE = Rule(
    code="truncated_code",
    family="syntax",
    title="The code ends in the middle",
    explanation="The answer was cut off: the last statement is not complete.",
    hint="Ask for the rest; what is missing may be the exit.",
    example=example().rstrip().rsplit("\n", 1)[0].rsplit(":", 1)[0].rstrip(")") + "\n",
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
    covers=("missing_colon", "bad_indentation", "unterminated_string"),
)
