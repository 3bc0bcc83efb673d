"""Files: a strategy has none."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import FILES, address, called_names, prepares
from backtest_engine.diagnostics.rewriting import apply, changed_text, dotted, expression
from backtest_engine.diagnostics.source import Source

_READERS = (
    "read_csv", "read_parquet", "read_excel", "read_pickle", "read_json", "read_feather", "read_hdf", "read_sql",
)  # fmt: skip
_METHODS = (
    "to_csv", "to_pickle", "to_parquet", "to_excel", "to_json", "savefig", "tofile", "write_text", "write_bytes",
    "read_text", "read_bytes",
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node, label in called_names(source):
        name = label.rsplit(".", 1)[-1]
        if (
            label in FILES
            or (name in _READERS and not address(node) and not prepares(source, node))
            or (isinstance(node.func, ast.Attribute) and name in _METHODS and (node.args or name.startswith("read_")))
        ):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)[:60]}` reaches for a file; a strategy has no files."
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type in ("FileNotFoundError", "IsADirectoryError", "NotADirectoryError", "FileExistsError") or (
        raised.type == "PermissionError"
        and any(word in source.line(raised.line) for word in ("open", "read", "write", "to_"))
    ):
        yield Location(line=raised.line, message=f"{raised.message}: a strategy has no files.")


def _rewrite(source: Source) -> str | None:
    """Bars read from a file become the bars that the strategy is tested on."""
    if source.module is None:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Call):
            label = dotted(node.func)
            if label.rsplit(".", 1)[-1] in _READERS and label.startswith(("pd.", "pandas.")):
                return expression("self.data.df")
        return None

    module = apply(source.module, change, within=("init",))
    return changed_text(source, module)


RULE = Rule(
    code="file_access",
    family="sandbox",
    after_run="error",
    title="Reaches for a file",
    explanation="A strategy has no files; its data is `self.data`.",
    hint="Use `self.data`.",
    example=example(
        top="import pandas as pd",
        init=(
            "bars = pd.read_csv('/data/prices.csv')\nself.fast = self.I(lambda: bars.Close.rolling(10).mean()"
            ")\nself.slow = self.I(SMA, self.data.Close, 20)"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("package_not_available", "forbidden_module", "forbidden_action"),
)
