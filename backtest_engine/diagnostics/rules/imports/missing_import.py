"""A well-known name that is used and never imported."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.definitions import find_bare
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import changed_text, with_definitions, with_import
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.unbound import unbound_names
from backtest_engine.diagnostics.vocabulary import home_of

_USUAL = {
    "np": "import numpy as np", "pd": "import pandas as pd", "numpy": "import numpy", "pandas": "import pandas",
    "math": "import math", "datetime": "from datetime import datetime", "timedelta": "from datetime import timedelta",
    "date": "from datetime import date", "deque": "from collections import deque",
    "defaultdict": "from collections import defaultdict", "itertools": "import itertools",
    "statistics": "import statistics", "sqrt": "from math import sqrt", "List": "from typing import List",
    "Optional": "from typing import Optional", "Dict": "from typing import Dict", "Tuple": "from typing import Tuple",
}  # fmt: skip


def _line(name: str) -> str | None:
    home = home_of(name)
    if home and home.endswith(f":{name}"):
        module, right = home.split(":")
        return f"from {module} import {right}"
    return _USUAL.get(name)


def _known(name: str) -> bool:
    return _line(name) is not None or find_bare(name) is not None


def _check_source(source: Source) -> Iterable[Location]:
    for name, line in unbound_names(source).items():
        if _known(name):
            yield Location(line=line, message=f"`{name}` is used and never imported.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "NameError":
        name = raised.message.split("'")[1] if "'" in raised else ""
        if _known(name) and name not in source.imports:
            yield Location(line=raised.line, message=f"`{name}` is used and never imported.")


def _rewrite(source: Source) -> str | None:
    module = source.module
    if module is None:
        return None
    for name in unbound_names(source):
        line, definition = _line(name), find_bare(name)
        if line:
            module = with_import(module, line)
        elif definition:
            for needed in definition.imports:
                module = with_import(module, needed)
            module = with_definitions(module, [definition.code])
    return changed_text(source, module)


RULE = Rule(
    code="missing_import",
    family="import",
    title="A missing import",
    explanation="A name is used and never imported.",
    hint="Add the import at the top.",
    example=example().replace("from backtesting.lib import crossover\n", ""),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("undefined_name",),
)
