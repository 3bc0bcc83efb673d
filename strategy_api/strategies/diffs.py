"""What one version changed against another."""

import difflib
import re
from typing import Any

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def unified(before: str, after: str, *, names: tuple[str, str]) -> str:
    """Return a unified diff, empty where nothing changed."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    return "\n".join(lines)


def hunks(diff: str) -> list[dict[str, Any]]:
    """Return a unified diff as hunks: where they start, and lines that are `context`, `added` or `removed`."""
    found: list[dict[str, Any]] = []
    kinds = {" ": "context", "+": "added", "-": "removed"}
    for line in diff.splitlines()[2:]:
        if start := HUNK.match(line):
            found.append({"old_start": int(start[1]), "new_start": int(start[3]), "lines": []})
        elif found:
            found[-1]["lines"].append({"kind": kinds[line[:1] or " "], "text": line[1:]})
    return found


def side_by_side(before: str, after: str) -> list[dict[str, Any]]:
    """Return rows of both texts beside each other, with line numbers; empty where nothing changed."""
    if before == after:
        return []
    old, new = before.splitlines(), after.splitlines()
    rows: list[dict[str, Any]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for place in range(max(b - a, d - c)):
            left, right = a + place, c + place
            rows.append(
                {
                    "kind": kind,
                    "old_number": left + 1 if left < b else None,
                    "old": old[left] if left < b else "",
                    "new_number": right + 1 if right < d else None,
                    "new": new[right] if right < d else "",
                }
            )
    return rows
