"""Packages that are installed on demand: imported when first asked for, and a clear error where one is missing."""

from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from backtest_engine.errors import AlgoAgentError

# The modules of each extra of pyproject.toml that are asked for here; `make add-NAME` installs one.
EXTRAS = MappingProxyType(
    {
        "markets": ("yfinance", "ccxt"),
        "models": ("google.genai", "anthropic", "openai", "tiktoken"),
        "parquet": ("pyarrow",),
    }
)


def required(module: str, *, extra: str, error: type[AlgoAgentError]) -> Any:
    """Import a module of an extra; raise `error` with code `package_not_installed` where it is missing."""
    try:
        return import_module(module)
    except ImportError:
        if not missing(extra):
            raise
    failure = error(
        f"The package {module.partition('.')[0]} is not installed.",
        code="package_not_installed",
        hint=f"Run `make add-{extra}`, or `pip install --no-deps --require-hashes -r requirements-{extra}.txt`.",
        details={"extra": extra, "missing": list(missing(extra))},
    )
    failure.retryable = False
    raise failure


def missing(extra: str) -> tuple[str, ...]:
    """Return the modules of an extra that cannot be found, without importing them."""
    return tuple(module for module in EXTRAS[extra] if not _found(module))


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
