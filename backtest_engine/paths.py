"""Which path an execution takes: a specification is played by the kernel, everything else runs in the sandbox.

Some of what the kernel plays is run in the sandbox too. Where the two differ, the sandbox's numbers are kept.
"""

import ast
import importlib
import importlib.util
import logging
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from backtest_engine import result_checks
from backtest_engine.checks.parameters import check_broker
from backtest_engine.compiler import compile_spec
from backtest_engine.data.findings import doubts
from backtest_engine.data.lru_cache import LRUCache
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits, code_sha256, verdict
from backtest_engine.errors import InvalidParameter, LimitExceeded, SandboxUnavailable, StrategyError
from backtest_engine.executor import versions
from backtest_engine.simulation import reporting
from backtest_engine.simulation.kernel import cache
from backtest_engine.spec import StrategySpec

AUTO, FAST, SANDBOX = "auto", "fast", "sandbox"
PATHS: Final = (AUTO, FAST, SANDBOX)
# Why a strategy with a specification does not take the fast path.
NOT_INSTALLED, CODE_DIFFERS, FAILED, DIFFERS = (
    "fast_path_not_installed",
    "fast_path_code_differs",
    "fast_path_failed",
    "fast_path_differs",
)
REQUIRED = "fast_path_unavailable"

logger = logging.getLogger(__name__)

Sandboxed = Callable[[], BacktestResult]


@dataclass(frozen=True, kw_only=True)
class FastPath:
    """Plays what can be played. Of `sample` executions one is run in the sandbox too; 0 never.

    `cache_folder` keeps the compiled kernel between processes: private to this user, and not inside the project.
    """

    sample: int = 0
    cache_folder: Path | None = None
    limits: Limits = field(default_factory=Limits)
    drawn: Callable[[int], int] = secrets.randbelow
    _known: LRUCache[bool] = field(default_factory=lambda: LRUCache(256))

    @property
    def installed(self) -> bool:
        """Whether numba is there, which compiles the kernel."""
        return importlib.util.find_spec("numba") is not None

    def warm_up(self) -> None:
        """Compile the kernel, or load it, so that the first execution need not wait."""
        if self.installed:
            self._load().warm_up()
        else:
            logger.warning("numba is not installed: specifications run in the sandbox too. `make add-fast` adds it.")

    def execute(
        self,
        code: str,
        spec: StrategySpec | None,
        *,
        dataset: Dataset,
        broker: BrokerSettings,
        parameters: Mapping[str, Any] | None,
        path: str,
        sandboxed: Sandboxed,
    ) -> BacktestResult:
        """Return the result of the path that is taken; `sandboxed` runs the code in the sandbox.

        Raises what that raises; `InvalidParameter` for an unknown path, or (`fast_path_unavailable`) where the fast one
        was asked for and cannot be taken.
        """
        if path not in PATHS:
            raise InvalidParameter(f"path must be one of {', '.join(PATHS)}.", details={"parameter": "path"})
        if path == SANDBOX:
            return sandboxed()
        reason = self._reason(code, spec)
        played: BacktestResult | None = None
        if reason is None and spec is not None:
            check_broker(broker)
            played, reason = self._played(spec, dataset, broker, parameters, path)
        if played is None:
            if path == FAST:
                raise InvalidParameter(_why(reason), code=REQUIRED, details={"reason": reason})
            result = sandboxed()
            return result if spec is None else replace(result, path_reason=reason)
        if self.sample and path == AUTO and not self.drawn(self.sample):
            return self._compared(played, spec, sandboxed)
        return played

    def _reason(self, code: str, spec: StrategySpec | None) -> str | None:
        """Return why the fast path is not taken, None where nothing speaks against it."""
        if spec is None:
            return "fast_path_no_spec"
        if not self.installed:
            return NOT_INSTALLED
        return None if self._is_compiled(code, spec) else CODE_DIFFERS

    def _is_compiled(self, code: str, spec: StrategySpec) -> bool:
        """Whether the code is what the specification compiles to, whatever it is called and explained by."""
        key = code_sha256(code), spec.model_dump_json()
        known = self._known.get(key)
        if known is None:
            known = self._known.put(key, _meaning(code) == _meaning(compile_spec(spec, name="Strategy")))
        return known

    def _played(
        self,
        spec: StrategySpec,
        dataset: Dataset,
        broker: BrokerSettings,
        parameters: Mapping[str, Any] | None,
        path: str,
    ) -> tuple[BacktestResult | None, str | None]:
        """Return the result, or why there is none."""
        module = self._load()
        try:
            result = module.simulate(spec, dataset, broker, parameters, order_limit=self.limits.orders)
        except module.NotOnFastPath as error:
            return None, error.code
        except StrategyError:
            # The sandbox says the line as well.
            if path == FAST:
                raise
            return None, FAILED
        return _checked(result), None

    def _load(self) -> Any:
        if self.cache_folder is not None:
            try:
                cache.use(self.cache_folder)
            except (OSError, cache.UnsafeFolder):
                logger.exception("The compiled kernel is not kept")
        return importlib.import_module("backtest_engine.simulation.fast_path")

    def _compared(self, played: BacktestResult, spec: StrategySpec | None, sandboxed: Sandboxed) -> BacktestResult:
        """Run it in the sandbox too; keep the sandbox's numbers, or its error, where the two differ."""
        try:
            result = sandboxed()
        except (SandboxUnavailable, LimitExceeded):
            return played
        except StrategyError as error:
            found = [f"outcome: {error.code}"]
            _report(found, played, spec)
            error.details = {**error.details, "path_reason": DIFFERS, "path_differences": found}
            raise
        found = differences(result, played)
        if not found:
            return played
        _report(found, played, spec)
        return replace(result, path_reason=DIFFERS, path_differences=tuple(found))


def differences(one: BacktestResult, other: BacktestResult) -> list[str]:
    """Return in what two results differ: trades and equity to the last bit, metrics within 1e-9."""
    found = [name for name in ("trades", "orders") if getattr(one, name) != getattr(other, name)]
    if not np.array_equal(one.equity["equity"], other.equity["equity"], equal_nan=True):
        found.append("equity")
    metrics = one.metrics.keys() | other.metrics.keys()
    return found + sorted(name for name in metrics if not _same(one.metrics.get(name), other.metrics.get(name)))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def _report(found: list[str], played: BacktestResult, spec: StrategySpec | None) -> None:
    logger.error(
        "The fast path differs from the sandbox in %s",
        ", ".join(found),
        extra={
            "differences": found,
            "spec": None if spec is None else spec.as_json(),
            "dataset": played.dataset.fingerprint,
            "trade_from": str(played.dataset.trade_from),
            "broker": played.broker.as_dict(),
            "parameters": dict(played.parameters),
            "versions": dict(played.versions),
        },
    )


def _checked(result: BacktestResult) -> BacktestResult:
    """Return the result with what is known of it by the way in which it was made."""
    fills = [notice for notice in result.warnings if notice.code == reporting.IMPOSSIBLE_FILL]
    checks = result_checks.of_specification(len(result.trades), fills=fills, doubts=doubts(result.dataset.notices))
    doubted = any(notice.code not in reporting.HARMLESS | {"no_trades"} for notice in result.warnings)
    verified = False if doubted else verdict(checks)
    return replace(result, checks=checks, verified=verified, versions=versions(), path=FAST)


def _meaning(code: str) -> str:
    """Return what code does: without comments, texts that explain it, and the name of its class."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and _explained(node):
            node.body = node.body[1:]
        if isinstance(node, ast.ClassDef):
            node.name = "Strategy"
    return ast.dump(tree)


def _explained(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


_SENTENCES = {
    "fast_path_no_spec": "this strategy has no specification",
    NOT_INSTALLED: "numba is not installed; `make add-fast` adds it",
    CODE_DIFFERS: "the code is not what its specification compiles to",
    "fast_path_prices": "a price of the data is not a number above 0",
    "fast_path_depth": "a condition on the open position is nested too deeply",
    "fast_path_parameters": "a parameter is no number of the specification",
    "fast_path_room": "more trades are open, or orders waiting, than it keeps",
}


def _why(reason: str | None) -> str:
    return f"The fast path cannot be taken: {_SENTENCES.get(reason or '', reason)}."
