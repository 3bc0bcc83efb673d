"""Scores the supervisor without a model: `python -m tests.score.supervisor [--noise 100]`.

Strategies with one planted fault each: is the fault found, and a change of the right kind proposed? Honest ones: is
anything grave said of them? Noise: is nothing kept, and is it said that nothing beats chance?
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from backtest_engine.agents.supervisor.bench import Bench
from backtest_engine.agents.supervisor.records import Finding, Iteration
from backtest_engine.agents.supervisor.supervisor import Outcome, Supervisor
from backtest_engine.data.bars import fingerprint
from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.spec import StrategySpec
from tests.score.planted import HONEST, NOISE_WORDS, PLANTED, Planted, noise
from tests.score.strangers import STRANGERS

SERIES = 100


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What was said of a planted strategy."""

    planted: Planted
    findings: Sequence[Finding]
    kinds: Sequence[str]

    @property
    def found(self) -> bool:
        return any(finding.code in self.planted.codes for finding in self.findings)

    @property
    def proposed(self) -> bool:
        return any(kind in self.planted.kinds for kind in self.kinds)


def spec_of(words: str) -> StrategySpec:
    """Return the specification that words mean."""
    return StrategySpec.model_validate(OfflineGenerator().generate(words).spec)


def first_look(planted: Planted) -> Scored:
    """Return what the supervisor says of a strategy before it changes anything."""
    iteration = supervised(planted.words, planted.dataset(), planted.broker, max_iterations=1).iterations[0]
    return Scored(
        planted=planted, findings=iteration.findings, kinds=[tried.proposal.kind for tried in iteration.proposals]
    )


def supervised(words: str, dataset: Dataset, broker: BrokerSettings, *, max_iterations: int = 3) -> Outcome:
    """Return what the supervisor makes of a strategy."""
    bench = Bench(dataset=dataset, broker=broker)
    return Supervisor(bench=bench, max_iterations=max_iterations).run(spec_of(words))


def on_noise(number: int) -> Outcome:
    """Return what the supervisor makes of a strategy on bars that nothing can be known of."""
    bars = noise(number)
    dataset = Dataset(symbol="NOISE", interval="1d", source="made", bars=bars, fingerprint=fingerprint(bars))
    return supervised(NOISE_WORDS[number % len(NOISE_WORDS)], dataset, BrokerSettings())


def keeps(iterations: Sequence[Iteration]) -> bool:
    """Return whether a change was taken."""
    return any(iteration.kept for iteration in iterations)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each strategy and the figures as JSON; fail below what is promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noise", type=int, default=SERIES)
    asked = parser.parse_args(arguments)
    figures: dict[str, float] = {}
    for title, several in (("planted", PLANTED), ("strangers", STRANGERS)):
        rows = [first_look(planted) for planted in several]
        for row in rows:
            said = ", ".join(f"{finding.code}({finding.severity[0]})" for finding in row.findings)
            print(
                f"{'found' if row.found else 'MISSED':7}{'right' if row.proposed else 'WRONG':6} "
                f"{row.planted.name}: {said} -> {' '.join(row.kinds)}"
            )
        figures |= {title: len(rows), f"{title}_found": sum(row.found for row in rows)}
        figures[f"{title}_proposed"] = sum(row.proposed for row in rows)
    accused = 0
    for planted in HONEST:
        grave = [finding for finding in first_look(planted).findings if finding.severity == "high"]
        accused += bool(grave)
        print(f"honest  {planted.name}: {'; '.join(finding.sentence for finding in grave) or 'nothing grave'}")
    endings = [on_noise(number) for number in range(asked.noise)]
    silent = sum(outcome.ending == "nothing_beats_chance" and not keeps(outcome.iterations) for outcome in endings)
    kept = sum(keeps(outcome.iterations) for outcome in endings)
    figures |= {
        "honest": len(HONEST),
        "accused": accused,
        "noise": asked.noise,
        "noise_silent": silent,
        "noise_kept": kept,
    }
    print(f"noise: {silent} of {asked.noise} end with nothing beats chance and keep nothing; {kept} keep something")
    print(json.dumps(figures))
    enough = figures["planted_found"] >= 11 / 12 * len(PLANTED) and figures["planted_proposed"] >= 10 / 12 * len(
        PLANTED
    )
    return 0 if enough and silent >= 0.95 * asked.noise and not accused else 1


if __name__ == "__main__":
    sys.exit(main())
