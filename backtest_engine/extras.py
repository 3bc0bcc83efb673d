"""Packages that are installed on demand: a clear error, and the command that helps, where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from backtest_engine.errors import AlgoAgentError


@contextmanager
def extra(name: str, *, error: type[AlgoAgentError]) -> Iterator[None]:
    """Surround imports of an extra of pyproject.toml; raise `error` with code `package_not_installed` if one fails."""
    try:
        yield
    except ImportError as missing:
        failure = error(
            f"A package of the extra `{name}` is not installed: {missing}.",
            code="package_not_installed",
            hint=f"Run `make add-{name}`, or `pip install --no-deps --require-hashes -r requirements-{name}.txt`, "
            "and start again.",
            details={"extra": name},
        )
        failure.retryable = False
        raise failure from missing
