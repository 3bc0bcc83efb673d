"""What a tool is made of."""

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from strategy_api.mcp.api import Api, refusal

# Ids are typed: a text would reach any route that its dots and slashes lead to.
Strategy = Annotated[uuid.UUID, Field(description="Strategy id")]
Wait = Annotated[
    int, Field(description="Seconds to wait for the end; a run that has not ended is a handle", ge=0, le=25)
]
Grid = Annotated[
    dict[str, Any], Field(description='Named numbers of the strategy: {name: [values] or {"from", "to", "step"}}')
]
Day = Annotated[str | None, Field(description="YYYY-MM-DD, included")]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a tool says: a small summary, and links by name to what is long."""

    summary: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool: its name, the function behind it, and whether it only reads. The docstring is what agents are told."""

    name: str
    call: Callable[..., Awaitable[Answer]]
    read_only: bool


def searched(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a study as its route names them."""
    named = {"symbol": "test_symbol", "start": "start_date", "end": "end_date"}
    own = ("api", "strategy", "wait_s")
    return {named.get(name, name): value for name, value in arguments.items() if name not in own}


def picked(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the named values that are there and say something."""
    return {name: row[name] for name in names if row.get(name) not in (None, "", [], {})}


def shortened(text: str, most: int = 300) -> str:
    """Return a text that is not longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def rounded(value: Any) -> Any:
    """Return a figure as people read it: four decimals at most."""
    return round(value, 4) if isinstance(value, float) else value


FIGURES = (
    *("return_pct", "buy_hold_return_pct", "cagr_pct", "sharpe_ratio", "max_drawdown_pct", "trades", "win_rate_pct"),
    *("profit_factor", "exposure_time_pct", "equity_final"),
)


def backtest(execution: Mapping[str, Any]) -> Answer:
    """Sum a backtest up: the verdict of its evidence first, then figures, data, and what to doubt."""
    metrics = execution.get("metrics") or {}
    summary: dict[str, Any] = {
        "execution": execution["id"],
        "status": execution["status"],
        "evidence": _verdict(execution),
        "figures": {name: rounded(metrics[name]) for name in FIGURES if metrics.get(name) is not None},
        "data": picked(execution, ("symbol", "interval", "source", "bars", "first_bar_at", "last_bar_at")),
        **picked(execution, ("strategy", "version", "path", "verified", "parameters")),
    }
    if warnings := execution.get("warnings"):
        summary["warnings"] = [shortened(f"{warning['code']}: {warning['message']}") for warning in warnings[:5]]
    if problem := execution.get("error"):
        summary["error"] = shortened(str(refusal(problem)), 1_000)
    return Answer(summary=summary, links=execution_links(execution["id"]))


def execution_links(execution: str) -> dict[str, str]:
    """Return where the long parts of a backtest are."""
    return {
        "page": f"/api/executions/{execution}/report/",
        "trades": f"algoagent://executions/{execution}/trades",
        "equity": f"algoagent://executions/{execution}/equity",
    }


def _verdict(execution: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict with its sentence, and what is not passed, most serious first."""
    evidence = execution.get("evidence") or {}
    checks = evidence.get("checks", ())
    open_checks = [
        shortened(f"{check['verdict']} {check['code']}: {check.get('sentence', '')}")
        for wanted in ("fail", "warn", "unknown")
        for check in checks
        if check["verdict"] == wanted
    ]
    said = picked(evidence, ("verdict", "sentence"))
    return said | ({"open": open_checks[:6]} if open_checks else {})


async def ended(api: Api, run: Mapping[str, Any]) -> Answer:
    """Say what became of a run, or that it goes on."""
    summary: dict[str, Any] = {"run": run["id"], "kind": run["kind"], "state": run["state"]}
    summary |= picked(run, ("strategy", "version"))
    links = {"page": f"/api/runs/{run['id']}/"}
    result = run.get("result") or {}
    if run["state"] not in ("succeeded", "failed", "cancelled"):
        return Answer(summary=summary | {"next": "It goes on: call read_run with this run."}, links=links)
    if run.get("error"):
        problem = refusal(run["error"])
        summary["error"] = shortened(str(problem), 2_000)
    summary |= picked(result, ("name", "explanation", "assumptions", "settings", "warnings"))
    execution = result.get("execution")
    if execution:
        shown = await api.get(f"/api/executions/{_key(execution)}/")
        about = backtest(shown)
        return Answer(summary=summary | {"backtest": about.summary}, links={**links, **about.links})
    study = result.get("study")
    if study:
        summary["study"] = await api.get(f"/api/studies/{_key(study)}/")
    return Answer(summary=summary, links=links)


def _key(made: Any) -> str:
    return str(made["id"] if isinstance(made, Mapping) else made)
