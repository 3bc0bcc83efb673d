"""Other programs, signals and threads."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import PROCESSES, called_names, roots
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in roots(source):
        if name in (
            "subprocess",
            "multiprocessing",
            "threading",
            "concurrent",
            "pty",
            "signal",
            "sched",
            "_thread",
            "asyncio",
        ):
            yield Location(
                line=node.lineno, message=f"`{name}` starts or steers other programs or threads; a strategy may not."
            )
    for call, label in called_names(source):
        if label in PROCESSES:
            yield Location(
                line=call.lineno, message=f"`{ast.unparse(call)[:60]}` starts or ends a program; a strategy may not."
            )


RULE = Rule(
    code="process_access",
    family="sandbox",
    after_run="error",
    title="Starts other programs",
    explanation="A strategy may not start programs, threads or send signals.",
    hint="Remove it; a strategy only computes and places orders.",
    example=example(top="import subprocess", more_init="subprocess.run(['ls'])"),
    check_source=_check_source,
    covers=("package_not_available", "forbidden_module", "forbidden_action", "environment_access"),
)
