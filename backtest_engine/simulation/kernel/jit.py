"""Compiles the kernel where numba is there: without fast-math, serially, kept in a private folder between processes."""

from collections.abc import Callable
from typing import Any, TypeVar

from backtest_engine.simulation.kernel import cache

try:
    import numba
except ImportError:  # pragma: no cover -- the extra `fast` is not installed
    numba = None

Function = TypeVar("Function", bound=Callable[..., Any])

AVAILABLE = numba is not None
cache.use_by(numba)


def jit(function: Function) -> Function:
    """Return a function that the kernel's other functions call."""
    if numba is None:
        return function
    compiled: Function = numba.njit(fastmath=False, error_model="numpy", _nrt=False)(function)
    return compiled


def entry_point(function: Function) -> Function:
    """Return a function that Python calls, kept compiled in the cache folder where one is set."""
    if numba is None:
        return function
    compiled: Function = numba.njit(fastmath=False, error_model="numpy", _nrt=False, nogil=True, cache=cache.is_set())(
        function
    )
    return compiled
