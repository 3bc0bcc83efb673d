"""What the searching does to a result: luck, the bars that were not seen, neighbouring parameters, other readings."""

from typing import Any

import numpy as np

from backtest_engine.research.candidates import bar_returns
from backtest_engine.research.evidence.facts import EvidenceCheck, Facts
from backtest_engine.research.plateau import HILL
from backtest_engine.research.statistics.sharpe import (
    deflated_sharpe,
    expected_largest_sharpe,
    moments,
    probabilistic_sharpe,
)

SURE, P_VALUE = 0.95, 0.05
# No better than a coin: the best of so many tries was to be expected.
NOT_BETTER = 0.5
NEEDLE = 0.2


def luck(facts: Facts) -> EvidenceCheck:
    """Ask whether the best of so many tries, or random entries, would have done as well.

    Both are asked for all tries together: the best of many has good timing by chance, too.
    """
    tries, drawn = facts.tries, facts.found.permutation
    deflated = deflated_sharpe(facts.moments, tries=tries.count, variance_of_tries=tries.variance)
    p = None if drawn is None else drawn.p
    of_tries = None if drawn is None else drawn.after(tries.count)
    figures = {
        "tries": tries.count,
        "sharpe_per_bar": facts.moments.sharpe,
        "expected_largest_sharpe": expected_largest_sharpe(tries=tries.count, variance_of_tries=tries.variance),
        "probabilistic_sharpe": probabilistic_sharpe(facts.moments),
        "deflated_sharpe": deflated,
        "permutation_p": p,
        "permutation_p_of_tries": of_tries,
    }
    tried = f"Try {tries.count} for this goal on these bars"
    if deflated is None:
        sentence = f"{tried}; the account never moved, so nothing can be said."
        return EvidenceCheck(code="luck", verdict="unknown", sentence=sentence, figures=figures)
    said = f"{tried}: the chance that it is more than luck is {deflated:.0%}"
    said += f"; {p:.1%} of random entries did as well" if p is not None else "; random entries were not tried"
    said += f", {of_tries:.1%} where the best of {tries.count} is taken." if of_tries and tries.count > 1 else "."
    return EvidenceCheck(code="luck", verdict=_luck(deflated, p, of_tries), sentence=said, figures=figures)


def _luck(deflated: float, p: float | None, of_tries: float | None) -> str:
    if deflated < NOT_BETTER or (p is not None and p > NOT_BETTER):
        return "fail"
    if deflated < SURE or (of_tries is not None and of_tries > P_VALUE):
        return "warn"
    return "unknown" if p is None else "pass"


def out_of_sample(facts: Facts) -> EvidenceCheck:
    """Ask whether bars that nothing was fitted to were looked at, and how often."""
    seal = facts.seal
    figures: dict[str, Any] = {
        "sealed_from": seal.sealed_from.isoformat().replace("+00:00", "Z") if seal.sealed_from else None,
        "openings": seal.openings,
        "looks": seal.looks,
        "sealed_sharpe_per_bar": None,
        "sealed_return_pct": None,
    }
    if seal.sealed_from is None:
        said = "No segment was sealed, so every bar was seen."
        return EvidenceCheck(code="out_of_sample", verdict="unknown", sentence=said, figures=figures)
    day = f"{seal.sealed_from:%Y-%m-%d}"
    seen = seal.openings + seal.looks
    if not seal.reaches:
        said = f"The bars from {day} on are sealed and "
        said += f"were seen {_times(seen)} before." if seen else "were never seen."
        return EvidenceCheck(code="out_of_sample", verdict="unknown", sentence=said, figures=figures)
    part = facts.result.equity["equity"]
    part = part[part.index >= seal.sealed_from.replace(tzinfo=None)]
    grown = float(part.iloc[-1] / part.iloc[0] - 1) * 100 if len(part) > 1 and part.iloc[0] > 0 else None
    sealed = moments(bar_returns(np.asarray(part, dtype=np.float64)))
    figures |= {"sealed_sharpe_per_bar": sealed.sharpe, "sealed_return_pct": grown}
    if seen:
        said = f"The bars from {day} on were seen {_times(seen)} before: what they say is no evidence any more."
        return EvidenceCheck(code="out_of_sample", verdict="warn", sentence=said, figures=figures)
    said = f"First look at the sealed bars from {day} on: "
    if sealed.sharpe is None or grown is None:
        return EvidenceCheck(
            code="out_of_sample", verdict="unknown", sentence=f"{said}nothing was traded on them.", figures=figures
        )
    said += f"{grown:+.1f} % on them."
    return EvidenceCheck(
        code="out_of_sample", verdict="pass" if sealed.sharpe > 0 else "warn", sentence=said, figures=figures
    )


def fragility(facts: Facts) -> EvidenceCheck:
    """Ask whether parameters nearby do about as well."""
    found = facts.found
    figures = {"near_share": found.near_share, "neighbours": found.neighbours, "wanted": HILL}
    if found.near_share is None:
        said = "The strategy has no numbers to change." if found.without_parameters else "Neighbours were not tried."
        return EvidenceCheck(code="fragility", verdict="unknown", sentence=said, figures=figures)
    said = f"{found.near_share:.0%} of {found.neighbours} neighbouring parameters come within 20 % of the return."
    verdict = "pass" if found.near_share >= HILL else "warn" if found.near_share >= NEEDLE else "fail"
    return EvidenceCheck(code="fragility", verdict=verdict, sentence=said, figures=figures)


def readings(facts: Facts) -> EvidenceCheck:
    """Ask how far the figure depends on how the sentence was read."""
    found = facts.found.readings
    if not facts.described:
        said = "There is no sentence that could be read otherwise."
        return EvidenceCheck(code="readings", verdict="unknown", sentence=said, figures={"readings": None})
    if not found:
        said = "Other readings of the sentence were not tried."
        return EvidenceCheck(code="readings", verdict="unknown", sentence=said, figures={"readings": None})
    low, high = min(found), max(found)
    figures = {"readings": len(found), "lowest_return_pct": low, "highest_return_pct": high}
    said = f"{len(found)} readings of the sentence return {low:+.1f} % to {high:+.1f} %."
    return EvidenceCheck(code="readings", verdict="warn" if low <= 0 < high else "pass", sentence=said, figures=figures)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
