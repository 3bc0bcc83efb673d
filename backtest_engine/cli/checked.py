"""What a result was checked for, and what it earned beside holding, in sentences: for the terminal and the demo."""

from collections.abc import Mapping
from typing import Any

# A check passed, found something, or could not be made.
Checked = tuple[bool | None, str]

_VERDICTS: Mapping[str, bool | None] = {"passed": True, "failed": False, "unknown": None}


def checks_of(execution: Mapping[str, Any]) -> list[Checked]:
    """Return what was checked about an execution, as the API and the CLI show one; a doubt is never left out."""
    found = [(_VERDICTS[check["status"]], str(check["scope"])) for check in execution["checks"].values()]
    if execution["verified"] is False and all(passed for passed, _ in found):
        found.append((False, "a warning below gives a reason to doubt the numbers"))
    return found


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
