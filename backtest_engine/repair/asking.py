"""Asks a model for a repaired strategy: the diagnosis, the lines in question, and what was already tried."""

from backtest_engine.diagnostics import Diagnosis, module_in
from backtest_engine.ports import LanguageModel, Prompt
from backtest_engine.prompts import instructions
from backtest_engine.repair.records import Attempt


def ask(
    model: LanguageModel, code: str, diagnosis: Diagnosis, *, description: str, attempts: tuple[Attempt, ...]
) -> str | None:
    """Return the code that a model answers with, None if there is none in its answer; raises `VendorError`."""
    request = "\n\n".join(
        part
        for part in (
            f"What the strategy is meant to do:\n{description or 'Not stated; keep what the code does.'}",
            f"What is wrong:\n{_findings(diagnosis)}",
            f"The lines in question:\n{_lines(code, diagnosis)}",
            f"What was tried already and did not help:\n{_tried(attempts)}" if attempts else "",
            f"The code:\n```python\n{code}\n```",
        )
        if part
    )
    told = instructions("strategy_repair")
    answer = model.complete(Prompt(system=told.text, user=request, purpose="repair", version=told.version)).text
    return code_in(answer)


def code_in(answer: str) -> str | None:
    """Return the module in a model's answer, without fences and sentences; None where there is none."""
    text = module_in(answer) or answer.strip()
    return text.rstrip() + "\n" if "class " in text else None


def _findings(diagnosis: Diagnosis) -> str:
    return "\n".join(
        f"- [{item.code}]{f' line {item.line}:' if item.line else ''} {item.message} {item.hint}"
        for item in diagnosis.findings[:8]
    )


def _lines(code: str, diagnosis: Diagnosis) -> str:
    lines = code.split("\n")
    wanted = sorted({item.line for item in diagnosis.findings if item.line and item.line <= len(lines)})[:8]
    return "\n".join(f"{number}: {lines[number - 1].strip()}" for number in wanted) or "(none named)"


def _tried(attempts: tuple[Attempt, ...]) -> str:
    return "\n\n".join(f"Attempt {item.number} ({item.how}): {item.reason}\n{item.diff}" for item in attempts)
