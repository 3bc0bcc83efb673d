"""Scores diagnosis and repair on broken strategies: `python -m tests.score.broken [DIRECTORY ...]`.

A module's first comment lines say what is wrong with it (`class` or `expect`), what it was meant to do (`intent`) and
how the repair should end (`ends`). They are taken off before the module is repaired.
"""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from backtest_engine.data import Samples
from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.ports import Completion, Executor, LanguageModel, Prompt
from backtest_engine.repair import Repair, repair

CORPUS = Path(__file__).parent.parent / "corpus" / "broken"
_HEADER = re.compile(r"^# (class|expect|fix|intent|ref|ends): (.*)$")
_REJECTABLE = frozenset({"sandbox", "tamper", "injection", "look_ahead"})


@dataclass(frozen=True, kw_only=True)
class Case:
    """One broken module: its code without the answers, and the answers."""

    name: str
    code: str
    family: str
    intent: str
    ends: str
    answer: str | None = None


@dataclass(frozen=True, kw_only=True)
class Score:
    """What became of one case."""

    case: Case
    repair: Repair
    seconds: float

    @property
    def families(self) -> list[str]:
        """The families of what was found, the cause first."""
        return [finding.family for finding in self.repair.diagnosis.findings]

    @property
    def detected(self) -> bool:
        """Whether anything was said about it, before or with the result."""
        return bool(self.families) or self.repair.outcome != "sound"

    @property
    def right_family(self) -> bool:
        """Whether the cause, or what is worst beside it, is of the right family."""
        return self.case.family in self.families[:1]

    @property
    def mended(self) -> bool:
        """Whether it was mended, or an attack refused."""
        return self.repair.outcome == "mended" or (
            self.case.family in _REJECTABLE and self.repair.outcome == "rejected"
        )

    @property
    def settled(self) -> bool:
        """Whether it ended with code that runs and is not in doubt but for its meaning."""
        return self.repair.outcome in ("mended", "unconfirmed")

    @property
    def falsely_good(self) -> bool:
        """Whether it is presented as good, with nothing said, although it is broken."""
        return self.repair.outcome == "sound" and not self.families


class ScriptedModel:
    """Answers with the code that a good model would write for one case."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def complete(self, prompt: Prompt) -> Completion:
        """Return the answer as chat models give it."""
        return Completion(text=f"Here is the corrected strategy:\n\n```python\n{self.answer}```\n", model="scripted")


def cases(directory: Path) -> Iterator[Case]:
    """Yield the modules of a directory without their headers."""
    for path in sorted(directory.glob("*.py")):
        lines = path.read_text().split("\n")
        said: dict[str, str] = {}
        while lines and (found := _HEADER.match(lines[0])):
            said[found[1]] = found[2]
            lines.pop(0)
        kind = said.get("expect") or said.get("class", "")
        yield Case(
            name=path.stem,
            code="\n".join(lines),
            family=kind.split("/")[0],
            intent=said.get("intent", ""),
            ends=said.get("ends", ""),
            answer=answer.read_text() if (answer := directory / "answers" / path.name).exists() else None,
        )


def score(case: Case, *, executor: Executor, dataset: Dataset, model: LanguageModel | None = None) -> Score:
    """Repair one case with the broker's defaults."""
    began = time.perf_counter()
    done = repair(
        case.code, executor=executor, dataset=dataset, broker=BrokerSettings(), intent=case.intent or None, model=model
    )
    return Score(case=case, repair=done, seconds=time.perf_counter() - began)


def main(arguments: list[str]) -> int:
    """Print a table and one line of JSON; return 1 if something broken was presented as good."""
    directories = [Path(argument) for argument in arguments] or [CORPUS]
    dataset = Samples().bars("GOOG", start=None, end=None, interval=None)
    scores: list[Score] = []
    asked: list[Score] = []
    with closing(SandboxedExecutor()) as executor:
        for directory in directories:
            for case in cases(directory):
                scores.append(score(case, executor=executor, dataset=dataset))
                _show(scores[-1])
                if case.answer is not None and not scores[-1].mended:
                    asked.append(score(case, executor=executor, dataset=dataset, model=ScriptedModel(case.answer)))
                    _show(asked[-1])
    count = len(scores)
    figures = {
        "modules": count,
        "detected": sum(item.detected for item in scores),
        "right_family": sum(item.right_family for item in scores),
        "mended_offline": sum(item.mended for item in scores),
        "mended_with_model": sum(item.mended for item in scores) + sum(item.settled for item in asked),
        "unconfirmed": sum(item.repair.outcome == "unconfirmed" for item in scores),
        "ended_as_expected": sum(item.repair.outcome == item.case.ends for item in scores if item.case.ends),
        "presented_as_good": sum(item.falsely_good for item in scores),
        "seconds": round(sum(item.seconds for item in scores), 1),
    }
    print(json.dumps(figures))
    return 1 if figures["presented_as_good"] else 0


def _show(item: Score) -> None:
    marks = "".join(
        sign if held else "." for sign, held in (("D", item.detected), ("F", item.right_family), ("M", item.mended))
    )
    cause = item.repair.diagnosis.cause
    how = "+".join(attempt.how for attempt in item.repair.attempts) or "-"
    said = f"{cause.family}/{cause.code}" if cause else "-"
    print(f"{marks:4} {item.case.name:34} {item.case.family:12} {said:44} {item.repair.outcome:12} {how}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
