"""Studies and evidence laid out for people who read a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from backtest_engine.cli.answers import Answer
from backtest_engine.cli.figures import shown_span
from backtest_engine.cli.layout import clean, error_lines, evidence_lines, result_title
from backtest_engine.cli.terminal import Terminal

TRIALS_SHOWN = 10


def show_study(answer: Answer, terminal: Terminal) -> None:
    """Show a study: the verdict first, then what was found."""
    if answer["error"]:
        terminal.show(error_lines(answer))
        return
    parts: list[RenderableType] = [Text(result_title(answer), "bold")] if answer["metrics"] else []
    parts += evidence_lines(answer)
    parts += [Text(clean(answer[name])) for name in ("sentence", "seal") if answer.get(name)]
    for name, show in _SECTIONS.items():
        if answer.get(name):
            parts.append(show(answer))
    terminal.show(parts)


def _trials(answer: Answer) -> RenderableType:
    rows = sorted(answer["trials"], key=lambda row: (row["value"] is None, -(row["value"] or 0.0)))
    table = Table(title=f"The best {min(len(rows), TRIALS_SHOWN)} of {len(rows):,}; --json prints all")
    names = list(rows[0]["parameters"])
    for name in (*names, "value", "return %", "Sharpe", "trades"):
        table.add_column(name, justify="right")
    for row in rows[:TRIALS_SHOWN]:
        figures = (row["value"], row["return_pct"], row["sharpe_ratio"])
        table.add_row(*(str(row["parameters"][name]) for name in names), *map(_figure, figures), str(row["trades"]))
    return table


def _windows(answer: Answer) -> RenderableType:
    table = Table(title="Windows")
    for name in ("tested", "chosen", "return %", "trades", ""):
        table.add_column(name)
    for row in answer["windows"]:
        chosen = ", ".join(f"{name} {value}" for name, value in (row["parameters"] or {}).items()) or "nothing"
        few = "too few trades" if row["too_few_trades"] else ""
        tested = shown_span(row["test_from"], row["test_to"])
        table.add_row(tested, chosen, _figure(row["return_pct"]), str(row["trade_count"]), few)
    return table


def _significance(answer: Answer) -> RenderableType:
    found: Mapping[str, Any] = answer["significance"]
    table = Table(title="Figures with what they hang on", show_header=False)
    if found["permutation"]:
        table.add_row("random entries as good", f"{found['permutation']['p']:.1%}")
    for name, (low, high) in ((found["bootstrap"] or {}).get("intervals") or {}).items():
        table.add_row(f"{name}, 90 % interval", f"{low:+.3g} to {high:+.3g}")
    for row in found["costs"]:
        table.add_row(f"return at costs × {row['times']:g}", _figure(row["return_pct"]))
    for row in found["parameters"]["changes"]:
        table.add_row(f"{row['parameter']} = {row['value']:g}", _figure(row["return_pct"]))
    for row in found["years"]:
        table.add_row(str(row["year"]), _figure(row["return_pct"]))
    return table


def _readings(answer: Answer) -> RenderableType:
    table = Table(title="Readings of the sentence")
    for name in ("", "reading", "return %", "trades"):
        table.add_column(name)
    for row in answer["readings"]:
        mark = "used" if row["used"] else ""
        table.add_row(mark, clean(row["sentence"]), _figure(row["return_pct"]), str(row["trade_count"]))
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:+,.2f}"


_SECTIONS = {"trials": _trials, "windows": _windows, "significance": _significance, "readings": _readings}
