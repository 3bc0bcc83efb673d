"""The network: a strategy has none."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import NETWORK, address, called_names, prepares, roots
from backtest_engine.diagnostics.rewriting import apply, changed_text, dotted, expression, without_import
from backtest_engine.diagnostics.source import Source

_FEEDS = (
    "yfinance", "pandas_datareader", "ccxt", "alpaca", "binance", "quandl", "alpha_vantage", "polygon", "tiingo",
    "nasdaqdatalink", "fredapi", "newsapi", "tweepy", "praw", "openai", "anthropic",
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in roots(source):
        if name in NETWORK or (name in _FEEDS and not prepares(source, node)):
            yield Location(line=node.lineno, message=f"`{name}` needs the network; a strategy has none.")
    for call, label in called_names(source):
        if label.rsplit(".", 1)[-1] in ("read_csv", "read_json", "read_html", "read_parquet") and address(call):
            yield Location(
                line=call.lineno, message=f"`{ast.unparse(call)[:60]}` needs the network; a strategy has none."
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type in ("URLError", "ConnectionError", "gaierror", "ConnectionRefusedError", "TimeoutError"):
        yield Location(line=raised.line, message=f"{raised.message}: a strategy has no network.")


def _rewrite(source: Source) -> str | None:
    """Bars that are downloaded become the bars that the strategy is tested on."""
    names = {name for name, full in source.imports.items() if full.split(".")[0] in _FEEDS[:3]}
    if source.module is None or not names:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if (
            isinstance(node, cst.Call)
            and dotted(node.func).split(".")[0] in names
            and dotted(node.func).endswith((".download", ".history", ".DataReader"))
        ):
            return expression("self.data.df")
        return None

    module = apply(source.module, change, within=("init",))
    for name in names:
        if not any(isinstance(n, ast.Name) and n.id == name for n in Source(module.code).nodes):
            module = without_import(module, name)
    return changed_text(source, module)


RULE = Rule(
    code="network_access",
    family="sandbox",
    after_run="error",
    title="Reaches for the network",
    explanation="A strategy has no network; its data is `self.data`.",
    hint="Load data as a data set, and let the strategy use `self.data`.",
    example=example(
        top="import yfinance as yf",
        init="""
        bars = yf.download("GOOG")
        self.fast = self.I(lambda: bars.Close.rolling(10).mean().values)
        self.slow = self.I(SMA, self.data.Close, 20)
        """,
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("package_not_available", "forbidden_module", "forbidden_action"),
)
