"""The look-ahead tournament: `python -m tests.score.tournament [--only WORD] [--rounds N]`.

Strategies that know later bars, each in a way of its own, against the check, and honest ones with odd habits. Of the
first none may be called checked and clean, of the second none may be accused. Bars to cut at are drawn anew for each
run, so a round is a sample: several rounds say more. The line of JSON at the end holds every figure.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backtest_engine.data import Catalog, Samples
from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.engine import Engine
from backtest_engine.errors import StrategyError
from backtest_engine.executor import SandboxedExecutor

CORPUS = Path(__file__).parent.parent / "corpus" / "look_ahead"
Verdict = Literal["clean", "doubted", "accused", "failed"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was said of one strategy: `codes` are those of the warnings, or of the error.

    `runs` is what running it on other bars found, whatever reading the code did.
    """

    name: str
    verdict: Verdict
    codes: tuple[str, ...]
    runs: str = ""


def strategies(kind: Literal["cheats", "honest"], only: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and texts; the line that says how it works is taken off."""
    for path in sorted((CORPUS / kind).glob("*.py")):
        if only in path.stem:
            yield path.stem, path.read_text().split("\n", 1)[1]


def judge(engine: Engine, dataset: Dataset, name: str, code: str) -> Outcome:
    """Run a strategy as anybody would and return what was said of it."""
    try:
        result = engine.execute(code, dataset=dataset, broker=BrokerSettings())
    except StrategyError as error:
        return Outcome(name=name, verdict="failed", codes=(error.code,))
    verdicts: dict[bool | None, Verdict] = {True: "clean", None: "doubted", False: "accused"}
    codes = tuple(dict.fromkeys(notice.code for notice in result.warnings))
    runs = next(check.status for check in result.checks if check.name == "look_ahead")
    return Outcome(name=name, verdict=verdicts[result.verified], codes=codes, runs=runs)


def main(only: str, rounds: int) -> int:
    """Print a line for each strategy that was misjudged, and all figures as JSON."""
    dataset = Catalog([Samples()]).bars("GOOG")
    wrong: list[str] = []
    figures: dict[str, dict[str, int]] = {}
    with closing(SandboxedExecutor()) as executor:
        engine = Engine(generators={}, data=Catalog([Samples()]), executor=executor)  # type: ignore[arg-type]
        for kind, mistake in (("cheats", "clean"), ("honest", "accused")):
            found: Counter[str] = Counter()
            unseen: Counter[str] = Counter()
            for number in range(rounds):
                for name, code in strategies(kind, only):  # type: ignore[arg-type]
                    outcome = judge(engine, dataset, name, code)
                    found[outcome.verdict] += 1
                    if outcome.verdict in (mistake, "failed") or (kind == "honest" and outcome.verdict != "clean"):
                        print(f"{kind:7} round {number + 1}  {outcome.verdict:8} {name}  {', '.join(outcome.codes)}")
                    wrong += [name] if outcome.verdict == mistake else []
                    unseen[name] += kind == "cheats" and outcome.runs == "passed"
            figures[kind] = dict(found)
            for name, times in unseen.items():
                if times:
                    print(f"{kind:7} {name}: {times} of {rounds} times only reading the code told")
    print(json.dumps({"rounds": rounds, **figures, "misjudged": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--only", default="")
    options.add_argument("--rounds", type=int, default=1)
    asked = options.parse_args()
    sys.exit(main(asked.only, asked.rounds))
