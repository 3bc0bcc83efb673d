"""What the conversation's commands are carried out by: a kind of run each, or a look at what is there.

A command is one line here; a kind of command that is not here is said to be not available.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from strategy_api.agents.work.looking import look
from strategy_api.runs.kinds import RunKind, Subject, Submission
from strategy_api.runs.models import Run
from strategy_api.runs.worker import Job
from strategy_api.strategies.kinds import EXECUTE, FIX, GENERATE, REVISE

Parameters = dict[str, Any]
Outcome = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ByRun:
    """A command that becomes a child of the turn's run."""

    kind: RunKind
    submission: Callable[[Parameters], Submission]


def _revise(asked: Parameters) -> Submission:
    return Submission(parameters=asked)


def _execute(asked: Parameters) -> Submission:
    about = Subject(type="strategy", id=uuid.UUID(asked["strategy"]), version=asked["version"])
    return Submission(parameters={"settings": asked["settings"], "max_fix_attempts": 0}, subject=about)


def _fix(asked: Parameters) -> Submission:
    about = Subject(type="strategy", id=uuid.UUID(asked["strategy"]), version=asked.get("version"))
    return Submission(parameters={"settings": asked["settings"], "max_attempts": 1}, subject=about)


def _generate(asked: Parameters) -> Submission:
    return Submission(
        parameters={
            "description": asked["description"],
            "generator": "auto",
            "execute_after_generation": True,
            "max_fix_attempts": 0,
            "settings": asked["settings"],
        }
    )


COMMANDS: Mapping[str, ByRun | Callable[[Job, Parameters], Outcome]] = {
    "revise": ByRun(kind=REVISE, submission=_revise),
    "execute": ByRun(kind=EXECUTE, submission=_execute),
    "fix": ByRun(kind=FIX, submission=_fix),
    "generate": ByRun(kind=GENERATE, submission=_generate),
    "look": look,
}


def outcome_of(run: Run) -> Outcome:
    """Return what the machine hears of a child that has ended."""
    if run.state != Run.State.SUCCEEDED:
        error = run.error or {"code": "cancelled", "message": "The run was cancelled."}
        return {"state": "failed", "error": error}
    result = dict(run.result or {})
    if run.subject_type == "strategy" and run.subject_id:
        result.setdefault("strategy", str(run.subject_id))
        result.setdefault("version", run.subject_version)
    return {"state": "succeeded", "result": result}
