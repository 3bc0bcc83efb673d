"""What a turn wants, by rules: the phrases stand in `phrases.toml`, in the order in which they are tried."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from backtest_engine.agents.conversation.state import Intent
from backtest_engine.agents.conversation.words import fillers

_HERE = Path(__file__).parent


@cache
def _records() -> tuple[tuple[Intent, tuple[re.Pattern[str], ...]], ...]:
    listed = tomllib.loads((_HERE / "phrases.toml").read_text())["intents"]
    return tuple((one["name"], tuple(map(re.compile, one["patterns"]))) for one in listed)


def examples() -> list[tuple[str, str]]:
    """Return every intent that phrases name, with texts that mean it."""
    listed = tomllib.loads((_HERE / "phrases.toml").read_text())["intents"]
    return [(one["name"], text) for one in listed for text in one["examples"]]


def intents_in(plain: str) -> list[tuple[Intent, re.Match[str]]]:
    """Return the intents that have a phrase in a turn, with what matched; the likeliest first."""
    found: list[tuple[Intent, re.Match[str]]] = []
    for name, patterns in _records():
        match = next(filter(None, (pattern.search(plain) for pattern in patterns)), None)
        if match is not None:
            found.append((name, match))
    return found


_STEPS = {"one": 1, "two": 2, "three": 3, "twice": 2, "four": 4, "five": 5}
_UNDOING = frozenset(
    [
        "undo",
        "revert",
        "roll",
        "back",
        "rollback",
        "go",
        "up",
        "take",
        "that",
        "it",
        "this",
        "scratch",
        "restore",
        "return",
        "bring",
        "forget",
        "the",
        "last",
        "one",
        "change",
        "changes",
        "never",
        "mind",
        "nevermind",
        "cancel",
        "reset",
        "put",
        "switch",
        "as",
        "was",
        "before",
        "to",
        "version",
        "strategy",
        "previous",
        "first",
        "original",
        "initial",
        "old",
        "earlier",
        "again",
        "was",
        "better",
        "edit",
        "edits",
        "step",
        "steps",
        "turn",
        "turns",
        "thing",
        "things",
        "please",
        "of",
        "all",
        "everything",
        "latest",
        "most",
        "recent",
        "very",
        "v",
        "number",
        "beginning",
        "start",
        "started",
        "with",
        "had",
        "we",
        "i",
        "before",
        "from",
        "use",
        "load",
        "give",
        "me",
        "one",
        "two",
        "three",
        "four",
        "five",
        "just",
        "now",
        "had",
        "what",
        "there",
        "times",
        "time",
        "twice",
        "previously",
        "state",
        "again",
    ]
)


def undo_target(plain: str) -> dict[str, Any] | None:
    """Return where undoing leads: `steps` back, to a `version`, or to the `first`; None where more was said."""
    words = re.findall(r"[a-z]+|\d+", plain)
    if set(words) - _UNDOING - fillers() - {word for word in words if word.isdigit()}:
        return None
    numbers = [int(word) for word in words if word.isdigit()]
    if match := re.search(r"\b(?:version|v|number|try) ?(\d+|one|two|three|four|five)\b", plain):
        return {"version": int(match[1]) if match[1].isdigit() else _STEPS[match[1]]}
    if re.search(
        r"\b(?:first|original|initial|beginning|started with|everything|all (?:the )?changes|very start|reset)\b", plain
    ):
        return {"first": True}
    if match := re.search(
        r"\b(\d+|two|three|four|five) (?:steps?|turns?|changes?|edits?|times?|versions?|things?)\b", plain
    ):
        return {"steps": int(match[1]) if match[1].isdigit() else _STEPS[match[1]]}
    if numbers:
        return None
    return {"steps": 2 if "twice" in words else 1}
