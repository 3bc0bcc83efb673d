"""Scores how modules and answers as people and models write them run: `python -m tests.score.real [DIRECTORY ...]`.

The first comment lines of a file say what plain backtesting.py gives: one `run` (trades, return in per cent, class)
for each backtest that the file sets up, and whether it is `sound`. A file to `refuse` is cut off in its rules. `.py`
files are modules, run as they come; `.txt` files are raw answers, and repaired.
"""

import json
import re
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from backtest_engine.data import Samples
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.engine import Engine
from backtest_engine.errors import StrategyError
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.simulation.reporting import HARMLESS

WRITTEN = Path(__file__).parent.parent / "corpus" / "real" / "written"
# The fills of the plain runs; commission is the file's own, or the default where it runs nothing.
_LIKE_PLAIN = BrokerSettings(fills="backtesting")
# What is said of these fills, of the account and of a choice among several strategies doubts no strategy.
_NO_DOUBT = {"several_strategies", *HARMLESS}
_HEADER = re.compile(r"^# (run|sound|refuse): (.*)$")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file without its first lines, and what they say."""

    name: str
    code: str
    answer: bool
    runs: tuple[tuple[int, float, str], ...]
    sound: bool
    refuse: bool


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one file: `same` numbers as plain, `other` ones, or `refused` with the reason."""

    case: Case
    kind: str
    said: str = ""
    doubts: list[str] = field(default_factory=list)

    @property
    def falsely_accused(self) -> bool:
        """Whether sound code ran and its numbers are doubted."""
        return self.case.sound and self.kind != "refused" and bool(self.doubts)

    @property
    def silently_other(self) -> bool:
        """Whether numbers came of it that are not its own, or are not to be believed, with nothing said."""
        wrong = self.kind == "other" or (self.kind == "same" and not self.case.sound)
        return wrong and not self.doubts


def cases(directory: Path) -> list[Case]:
    """Return the files of a directory."""
    return [_case(path) for path in sorted(directory.iterdir()) if path.suffix in (".py", ".txt")]


def _case(path: Path) -> Case:
    lines = path.read_text(encoding="utf-8").split("\n")
    said: list[tuple[str, str]] = []
    while lines and (found := _HEADER.match(lines[0])):
        said.append((found[1], found[2]))
        lines.pop(0)
    runs = [value.split(" ", 2) for name, value in said if name == "run"]
    return Case(
        name=path.stem,
        code="\n".join(lines),
        answer=path.suffix == ".txt",
        runs=tuple((int(trades), float(percent), strategy) for trades, percent, strategy in runs),
        sound=("sound", "True") in said,
        refuse=("refuse", "True") in said,
    )


def judge(case: Case, engine: Engine, dataset: Dataset) -> Verdict:
    """Run one file as it comes, or repair it if it is an answer, and compare it with its plain runs."""
    try:
        result = _result(case, engine, dataset)
    except StrategyError as error:
        return Verdict(case=case, kind="refused", said=f"{error.code}: {error}")
    if result is None:
        return Verdict(case=case, kind="refused", said="not repaired")
    said = [item for item in result.warnings if item.details.get("severity") != "note"]
    doubts = [item.code for item in said if item.code not in _NO_DOUBT]
    if result.verified is not True:
        doubts.append(f"verified={result.verified}")
    got = (len(result.trades), float(result.metrics["return_pct"]))
    same = any(got[0] == trades and abs(got[1] - percent) < 1e-3 for trades, percent, _ in case.runs)
    return Verdict(case=case, kind="same" if same else "other", said=f"{got[0]} {got[1]:.4f}", doubts=doubts)


def _result(case: Case, engine: Engine, dataset: Dataset) -> BacktestResult | None:
    if not case.answer:
        return engine.execute(case.code, dataset=dataset, broker=_LIKE_PLAIN)
    return engine.repair(case.code, dataset=dataset, broker=_LIKE_PLAIN).result


def figures(verdicts: list[Verdict]) -> dict[str, int]:
    """Count what the verdicts come to."""
    modules = [item for item in verdicts if not item.case.answer]
    answers = [item for item in verdicts if item.case.answer]
    counted = Counter(item.kind for item in modules)
    return {
        "modules": len(modules),
        "same": counted["same"],
        "refused": counted["refused"],
        "sound": sum(item.case.sound for item in modules),
        "falsely_accused": sum(item.falsely_accused for item in verdicts),
        "silently_other": sum(item.silently_other for item in verdicts),
        "answers": sum(not item.case.refuse for item in answers),
        "answers_same": sum(item.kind == "same" for item in answers),
        "cut_off": sum(item.case.refuse for item in answers),
        "cut_off_run_silently": sum(item.case.refuse and item.silently_other for item in answers),
    }


def main(arguments: list[str]) -> int:
    """Print what is not as plain, and one line of JSON; return 1 if a number is silently another."""
    dataset = Samples().bars("GOOG", start=None, end=None, interval=None)
    verdicts: list[Verdict] = []
    with closing(SandboxedExecutor()) as executor:
        engine = Engine(generators={}, data=Samples(), executor=executor)
        for directory in [Path(argument) for argument in arguments] or [WRITTEN]:
            for case in cases(directory):
                verdict = judge(case, engine, dataset)
                verdicts.append(verdict)
                if verdict.kind != "same" or verdict.doubts:
                    print(f"{case.name:38} {verdict.kind:8} {verdict.said}  {','.join(verdict.doubts)}  {case.runs}")
    found = figures(verdicts)
    print(json.dumps(found))
    return 1 if found["silently_other"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
