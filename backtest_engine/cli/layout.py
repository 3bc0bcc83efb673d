"""Answers laid out for people who read a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from backtest_engine.cli.answers import Answer
from backtest_engine.cli.checked import beside_holding, checks_of
from backtest_engine.cli.figures import FIGURES, shown_amount, shown_setting, shown_settings, shown_span, shown_time
from backtest_engine.cli.terminal import Terminal

TRADES_SHOWN = 10
VERDICTS = {
    "believable": ("Believable", "green"),
    "weak": ("Weak", "yellow"),
    "not_believable": ("Not believable", "red"),
    "unknown": ("Not known yet", "cyan"),
}
MARKS = {"pass": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red"), "unknown": ("?", "cyan")}


def show_reading(answer: Answer, terminal: Terminal) -> None:
    """Show how a description is understood."""
    terminal.show(error_parts(answer) if answer["error"] else _reading(answer))


def show_strategy(answer: Answer, terminal: Terminal) -> None:
    """Show a strategy: the code alone is what a pipe gets, so that it can be written to a file."""
    if answer["error"]:
        terminal.show(error_parts(answer), aside=True)
        return
    terminal.show(_reading(answer), aside=True)
    if terminal.writes.isatty():
        terminal.show([Syntax(answer["code"], "python", theme="ansi_dark", background_color="default")])
    else:
        terminal.say(answer["code"].rstrip("\n"))


def show_result(answer: Answer, terminal: Terminal) -> None:
    """Show a backtest, or why there is none."""
    terminal.show([*_heading(answer), *(error_parts(answer) if answer["error"] else _result(answer))])


def show_repair(answer: Answer, terminal: Terminal) -> None:
    """Show a repair: what was wrong, what was tried, the code, and a backtest of it."""
    parts = [*_heading(answer), *_findings((answer.get("diagnosis") or {}).get("findings", ()))]
    parts += _attempts(answer["attempts"])
    if answer.get("outcome") in ("mended", "repaired", "unconfirmed") and answer["code"]:
        parts.append(Syntax(answer["code"], "python", theme="ansi_dark", background_color="default"))
    terminal.show([*parts, *(error_parts(answer) if answer["error"] else _result(answer))])


def show_indicators(rows: Sequence[Mapping[str, Any]], terminal: Terminal) -> None:
    """Show the indicators, one line each."""
    table = _table("name", "parameters", "title")
    for row in rows:
        parameters = ", ".join(f"{given['name']}={_default(given['default'])}" for given in row["parameters"])
        table.add_row(row["name"], parameters, row["title"])
    terminal.show([table])


def show_data(rows: Sequence[Mapping[str, Any]], terminal: Terminal) -> None:
    """Show the symbols, one line each."""
    table = _table("symbol", "interval", "bars", "first", "last", "source", "title")
    for row in rows:
        count = "–" if row["bars"] is None else f"{row['bars']:,}"
        ends = (shown_time(row["first_bar_at"]), shown_time(row["last_bar_at"]))
        table.add_row(row["symbol"], row["interval"], count, *ends, row["source"], row["title"])
    terminal.show([table])


def show_sandbox(row: Mapping[str, Any], terminal: Terminal) -> None:
    """Show the isolation layers and whether strategies are run."""
    table = _table("layer", "", "stops")
    for name, layer in row["walls"].items():
        table.add_row(name, "works" if layer["stands"] else Text("MISSING", "red"), layer["stops"])
    verdict = "Strategies are run." if row["available"] else "Strategies are not run."
    notes = [_bullet("!", line, "yellow") for line in (*row["problems"], *row["notes"])]
    terminal.show([table, *notes, Text(f"{row['attempts']} ways out tried in {row['seconds']:.1f} s. {verdict}")])


def error_lines(answer: Answer) -> list[RenderableType]:
    """Return why there is no result."""
    return [*_heading(answer), *error_parts(answer)]


def result_title(answer: Answer) -> str:
    """Return which bars a result is about."""
    bars = answer["dataset"]
    span = shown_span(bars["first_bar_at"], bars["last_bar_at"])
    return f"{bars['symbol']} {bars['interval']}, {span}, {bars['bars']:,} bars, {bars['source']}"


def evidence_lines(answer: Answer) -> list[RenderableType]:
    """Return the verdict and what it rests on; nothing where there is no evidence."""
    evidence = answer.get("evidence")
    if not evidence:
        return []
    head, style = VERDICTS[evidence["verdict"]]
    said = clean(evidence["sentence"].removeprefix(head).lstrip(": "))
    parts: list[RenderableType] = [Text.assemble((f"{head}: ", f"bold {style}"), said)]
    for row in evidence["checks"]:
        mark, colour = MARKS[row["verdict"]]
        parts.append(_bullet(mark, f"{row['code'].replace('_', ' ')}: {row['sentence']}", colour))
    return parts


def _heading(answer: Answer) -> list[RenderableType]:
    return [Text(f"\n{clean(answer['id'])}", "bold")] if "id" in answer else []


def _reading(answer: Answer) -> list[RenderableType]:
    name = f"{clean(answer['id'])}: {answer['name']}" if "id" in answer else str(answer["name"])
    parts: list[RenderableType] = [Text(clean(name), "bold"), Text(clean(answer["explanation"]))]
    parts += [_bullet(key, shown_setting(key, value), "cyan") for key, value in answer["settings"].items()]
    parts += [_bullet("assumed", assumption, "yellow") for assumption in answer["assumptions"]]
    return [*parts, *_warnings(answer["warnings"])]


def error_parts(answer: Answer) -> list[RenderableType]:
    error = answer["error"]
    where = f", line {error['line']}" if error.get("line") else ""
    parts: list[RenderableType] = [Text(f"{answer['status'].capitalize()} ({error['code']}{where})", "bold red")]
    problems = error.get("details", {}).get("problems", ())
    parts += _problems(problems, answer["questions"]) or [Text(clean(error["message"]))]
    findings = [] if answer.get("diagnosis") else (error.get("details", {}).get("diagnosis") or {}).get("findings", [])
    if error.get("hint") and error["hint"] not in [finding["hint"] for finding in findings]:
        parts.append(_bullet("hint", error["hint"], "cyan"))
    return [*parts, *_findings(findings)]


def _problems(problems: Iterable[Any], questions: Iterable[Any]) -> list[RenderableType]:
    """Return what a description lacks: words with reasons, questions with what can be answered."""
    parts: list[RenderableType] = []
    for problem in problems:
        if not isinstance(problem, Mapping):
            parts.append(_bullet("•", str(problem), "red"))
            continue
        parts.append(
            _bullet("•", f"'{problem['text']}' {problem['why']}" if problem["text"] else problem["why"], "red")
        )
        near = ", ".join(problem.get("near") or ())
        parts += [_bullet("  did you mean", near, "dim")] if near else []
        parts += [_bullet("  for example", problem["offer"], "dim")] if problem.get("offer") else []
    for number, question in enumerate(questions, start=1):
        parts.append(_bullet(f"{number}.", _worded(question, "question"), "yellow"))
        options = question.get("options", ()) if isinstance(question, Mapping) else ()
        parts += [_bullet("   –", _worded(option, "label", "text", "title", "id"), "dim") for option in options]
    return parts


def _worded(row: Any, *names: str) -> str:
    """Return a question's or an option's own words."""
    if not isinstance(row, Mapping):
        return str(row)
    return str(next((row[name] for name in names if row.get(name)), ""))


def _findings(findings: Iterable[Mapping[str, Any]]) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for finding in findings:
        line = f" (line {finding['line']})" if finding.get("line") else ""
        parts.append(_bullet(finding["severity"], f"{finding['title']}{line}: {finding['message']}", "yellow"))
        if finding.get("hint"):
            parts.append(_bullet("  hint", finding["hint"], "cyan"))
    return parts


def _attempts(attempts: Iterable[Mapping[str, Any]]) -> list[RenderableType]:
    return [
        _bullet(
            f"attempt {row['number']}", f"{row['how']}: {row['outcome']}. {row['reason']} {row['done']}".strip(), "cyan"
        )
        for row in attempts
    ]


def _result(answer: Answer) -> list[RenderableType]:
    table = Table(show_header=False)
    for name, label, shape in FIGURES:
        if name in answer["metrics"]:
            table.add_row(label, _figure(name, answer, shape))
    parts: list[RenderableType] = [Text(result_title(answer), "bold"), *evidence_lines(answer), table]
    sentence = beside_holding(answer["metrics"])
    parts += [Text(sentence)] if sentence else []
    parts.append(
        _bullet(
            "settings", f"{shown_settings(answer['broker'])}; sizes in steps of {answer['orders']['unit']:.8g}", "cyan"
        )
    )
    parameters = ", ".join(f"{name}={value}" for name, value in answer["parameters"].items())
    parts += [_bullet("parameters", parameters, "cyan")] if parameters else []
    marks = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
    for passed, checked in checks_of(answer):
        mark, style = marks[passed]
        parts.append(_bullet(mark, checked, style))
    return [*parts, *_warnings(answer["warnings"]), *_trades(answer["trades"])]


def _figure(name: str, answer: Answer, shape: str) -> str | Text:
    value = answer["metrics"][name]
    if value is not None:
        return shape.format(value)
    why = answer["metrics_notes"].get(name)
    return Text(f"– {why}" if why else "–", "dim")


def _trades(trades: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    if not trades:
        return []
    few = len(trades) <= TRADES_SHOWN
    title = "Trades" if few else f"The last {TRADES_SHOWN} of {len(trades):,} trades; --json prints all"
    table = Table(title=title, title_justify="left")
    for name in ("opened", "closed", "size", "entry", "exit", "P/L", "%", "why closed"):
        table.add_column(name, justify="left" if name in ("opened", "closed", "why closed") else "right")
    for trade in trades[-TRADES_SHOWN:]:
        figures = (f"{trade['size']:,.8g}", shown_amount(trade["entry_price"]), shown_amount(trade["exit_price"]))
        earned = (f"{trade['pnl']:+,.2f}", f"{trade['return_pct']:+.2f}")
        times = (shown_time(trade["entry_time"]), shown_time(trade["exit_time"]))
        table.add_row(*times, *figures, *earned, (trade["exit_reason"] or "–").replace("_", " "))
    return [table]


def _warnings(warnings: Iterable[Mapping[str, Any]]) -> list[RenderableType]:
    return [_bullet("!", f"{warning['code']}: {warning['message']}", "yellow") for warning in warnings]


def _bullet(mark: str, text: str, style: str) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    line.add_row(Text(clean(mark), style), Text(clean(text)))
    return Padding(line, (0, 0, 0, 2))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, header_style="bold")
    return table


def _default(value: Any) -> str:
    return "(must be said)" if value is None else str(value)


def clean(text: Any) -> str:
    """Return a text without what would steer the terminal: it may come from a strategy."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in str(text))
