"""What a result was checked for, and what it earned beside holding, in sentences: for the terminal and the demo."""

from collections.abc import Iterable, Mapping
from typing import Any

# A check passed, found something, or could not be made.
Checked = tuple[bool | None, str]

_VERDICTS: Mapping[Any, bool | None] = {"pass": True, "passed": True, "ok": True, True: True}
_DOUBTS: Mapping[Any, bool | None] = {"fail": False, "failed": False, "warn": False, False: False}
_CUT = "orders do not change when the later bars are cut off"
_REPEATS = "the same bars give the same orders again"
_FILLS = "every fill lies within the prices of its bar"
_PROBLEMS = {
    "look_ahead": _CUT,
    "non_deterministic": _REPEATS,
    "account_differs": "the strategy saw the account that its orders lead to",
}


def checks_of(execution: Mapping[str, Any]) -> list[Checked]:
    """Return what was checked about an execution, as the API and the CLI show one."""
    told = execution.get("checks")
    return _told(told) if told else _from_verified(execution)


def beside_holding(metrics: Mapping[str, Any]) -> str:
    """Say in one sentence whether a strategy earned more than buying at the start and holding; empty if unknown."""
    earned, held = metrics.get("return_pct"), metrics.get("buy_hold_return_pct")
    if earned is None or held is None:
        return ""
    difference = abs(earned - held)
    if difference < 0.005:
        return "The strategy earned as much as buying at the start and holding."
    word = "less" if earned < held else "more"
    return f"The strategy earned {word} than buying at the start and holding: {earned:+,.2f} % against {held:+,.2f} %."


def _told(checks: Any) -> list[Checked]:
    """Read checks as a list of records, or as records by code."""
    records: Iterable[Any] = checks
    if isinstance(checks, Mapping):
        records = [
            {"code": code, **(found if isinstance(found, Mapping) else {"verdict": found})}
            for code, found in checks.items()
        ]
    return [(_verdict(record), _sentence(record)) for record in records if isinstance(record, Mapping)]


def _verdict(record: Mapping[str, Any]) -> bool | None:
    said = next((record[name] for name in ("verdict", "passed", "outcome", "status") if name in record), None)
    return _VERDICTS.get(said, _DOUBTS.get(said)) if isinstance(said, str | bool) else None


def _sentence(record: Mapping[str, Any]) -> str:
    said = next((record[name] for name in ("sentence", "message", "scope", "detail") if record.get(name)), None)
    return str(said) if said else str(record.get("code", "")).replace("_", " ")


def _from_verified(execution: Mapping[str, Any]) -> list[Checked]:
    codes = {warning["code"] for warning in execution.get("warnings", ())}
    found: list[Checked] = [(True, "numbers computed from the orders, on bars that the strategy cannot change")]
    if execution.get("verified") is None:
        return [*found, (None, "not checked whether the strategy uses later bars")]
    for code, sentence in _PROBLEMS.items():
        if code in codes or execution["verified"]:
            found.append((code not in codes, sentence))
    found.append(("impossible_fill" not in codes, _FILLS))
    if not execution["verified"] and all(passed for passed, _ in found):
        found.append((False, "a warning below gives a reason to doubt the numbers"))
    return found
