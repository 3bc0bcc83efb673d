"""Whether strategies can be executed: the sandbox."""

from strategy_api.common.health import HealthCheck, register
from strategy_api.common.lazy import lazily

sandbox_problems = lazily("strategy_api.strategies.engine.sandbox_problems")


def sandbox_problem() -> str | None:
    """Return which isolation layers are missing on this machine."""
    return "; ".join(sandbox_problems()) or None


register(
    HealthCheck(
        name="sandbox",
        problem=sandbox_problem,
        remedy="See docs/architecture/sandbox.md; `python -m backtest_engine sandbox-check` tries each layer.",
    )
)
