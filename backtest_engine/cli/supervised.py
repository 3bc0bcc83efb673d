"""The command `supervise`: a sentence or a file, looked at, improved and judged on the bars before the seal."""

import argparse
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from backtest_engine.cli import commands
from backtest_engine.cli.answers import Answer, of_draft
from backtest_engine.cli.terminal import Terminal

_COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}


def supervise(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Supervise each strategy: those that are files, and those that are said."""
    from backtest_engine.agents.supervisor.objective import aim_of

    aim = aim_of(asked.objective)
    with commands._engine(asked) as engine:

        def supervised(given: str) -> Answer:
            strategy = _strategy(given, engine, terminal)
            return strategy | _outcome(asked, engine, strategy, aim)

        inputs = ((given, given) for given in asked.inputs)
        return commands._answer_all(inputs, supervised, asked, terminal, show_supervision)


def _strategy(given: str, engine: Any, terminal: Terminal) -> Answer:
    if given == "-" or (Path(given).suffix in (".py", ".json") and "\n" not in given):
        return commands._strategy(given, terminal)
    return of_draft(engine.generate(given))


def _outcome(asked: argparse.Namespace, engine: Any, strategy: Answer, aim: Any) -> Answer:
    from backtest_engine.agents.supervisor.bench import Bench
    from backtest_engine.agents.supervisor.insights import insights
    from backtest_engine.agents.supervisor.supervisor import Supervisor
    from backtest_engine.compiler import compile_spec
    from backtest_engine.research import sealing
    from backtest_engine.research.evidence import Seal
    from backtest_engine.spec import StrategySpec

    whole = commands._dataset(asked, engine, strategy)
    sealed_from = sealing.seal_of(sealing.traded(whole))
    bench = Bench(
        dataset=sealing.cut(whole, sealed_from),
        broker=commands._broker(asked),
        executor=engine.executor,
        seal=Seal(sealed_from=sealed_from),
        described=bool(strategy.get("explanation")),
    )
    supervisor = Supervisor(
        bench=bench, aim=aim, max_iterations=asked.max_iterations, allow=asked.allow.split(",") if asked.allow else None
    )
    seal = f"Bars from {sealed_from:%Y-%m-%d} on are sealed and were not used. `execute` looks at all bars."
    if strategy["spec"] is None:
        situation = bench.of_code(strategy["code"])
        outcome = supervisor.analysed(situation)
    else:
        spec = StrategySpec.model_validate(strategy["spec"])
        outcome = supervisor.run(spec)
        situation = bench.situation(outcome.spec or spec)
    last = [iteration for iteration in outcome.iterations if iteration.kept is not False][-1]
    pictures = insights(situation, last.findings)
    code = strategy["code"] if outcome.spec is None else compile_spec(outcome.spec, name="Strategy", explanation="")
    return {
        **outcome.as_dict(),
        "code": code,
        "metrics": dict(situation.result.metrics),
        "evidence": outcome.evidence_after,
        "path": "sandbox" if strategy["spec"] is None else "fast",
        "assumptions": [*strategy.get("assumptions", []), seal],
        "sealed_from": sealed_from,
        "insights": [
            {"name": one.name, "title": one.title, "why": one.why, "spec": one.with_values()} for one in pictures
        ],
    }


def show_supervision(answer: Answer, terminal: Terminal) -> None:
    """Show each iteration: what was changed, what it gave, what is wrong with it, what is proposed; then the end."""
    from backtest_engine.cli.layout import error_parts

    if answer["error"]:
        terminal.show(error_parts(answer))
        return
    parts: list[RenderableType] = []
    for iteration in answer["iterations"]:
        parts += _iteration(iteration)
    parts += [Text(), Text(answer["sentence"], "bold")]
    for title, name in (("Before", "evidence_before"), ("After", "evidence_after")):
        found = answer.get(name)
        if found and (name == "evidence_before" or found != answer["evidence_before"]):
            parts.append(Text(f"{title}: {found['sentence']}"))
    parts += [Text(f"· {line}", "dim") for line in answer["assumptions"]]
    terminal.show(parts)


def _iteration(row: dict[str, Any]) -> list[RenderableType]:
    metrics = row["metrics"]
    title = "as it came" if row["change"] is None else f"{row['change']['kind']}: {row['change']['words']}"
    figures = ", ".join(
        f"{shown} {metrics[name]:,.2f}{unit}"
        for name, shown, unit in (
            ("return_pct", "return", " %"),
            ("sharpe_ratio", "Sharpe", ""),
            ("max_drawdown_pct", "drawdown", " %"),
        )
        if metrics.get(name) is not None
    )
    parts: list[RenderableType] = [
        Text(),
        Text(f"Iteration {row['number']} · {title}", "bold"),
        Text(f"  {figures}, {metrics['trade_count']} trades, try {row['tries']}"),
        Text(f"  {row['why']}"),
    ]
    for finding in row["analysis"]["findings"]:
        parts.append(Text(f"  {finding['severity']:<6} {finding['sentence']}", _COLOURS[finding["severity"]]))
    for proposal in row["proposals"]:
        parts.append(Text(f"  → {proposal['kind']}: {proposal['words']}{_tried(proposal)}", "cyan"))
    return parts


def _tried(proposal: dict[str, Any]) -> str:
    said = []
    if proposal["metrics"] and proposal["metrics"].get("return_pct") is not None:
        said.append(f"return {proposal['metrics']['return_pct']:,.2f} %")
    if proposal["p"] is not None:
        said.append(f"p = {proposal['p']:.3f}")
    if not proposal["allowed"]:
        said.append("not allowed to be applied")
    return f" ({', '.join(said)})" if said else ""
