"""The machine that the strategy runs on: variables, users, paths, arguments."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_READS = (
    "os.environ", "os.getenv", "os.getcwd", "os.listdir", "os.uname", "os.getlogin", "os.getpid", "sys.argv",
    "sys.path", "os.path", "os.walk", "os.scandir", "sys.modules", "os.stat", "sys.stdin", "os.putenv", "sys.exit",
    "os.urandom",
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute):
        label = source.dotted(node)
        if label in _READS:
            yield Location(
                line=node.lineno, message=f"`{label}` asks about the machine; that is not a strategy's business."
            )
    for node in source.every(ast.ImportFrom):
        for alias in node.names:
            if f"{node.module}.{alias.name}" in _READS:
                yield Location(line=node.lineno)
    for call in source.every(ast.Call):
        if source.dotted(call.func) in (
            "input",
            "getpass.getpass",
            "platform.node",
            "platform.uname",
            "getpass.getuser",
            "exit",
            "quit",
        ):
            yield Location(
                line=call.lineno,
                message=f"`{ast.unparse(call)[:60]}` speaks to the machine or its user; a strategy has neither.",
            )


RULE = Rule(
    code="environment_access",
    family="sandbox",
    after_run="warning",
    title="Asks about the machine",
    explanation="The code reads the environment of the program it runs in, such as variables or paths.",
    hint="Make settings class attributes of the strategy.",
    example=example(top="import os", more_init="self.key = os.environ.get('API_KEY')"),
    check_source=_check_source,
    covers=("package_not_available", "forbidden_module", "forbidden_action"),
)
