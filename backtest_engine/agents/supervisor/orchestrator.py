"""The orchestrator: edits for what the analyst found, after reading the bars. Its twin with a model is in `models`."""

from collections.abc import Container, Iterable, Sequence
from itertools import zip_longest

from backtest_engine.agents.supervisor.proposals import PROPOSALS
from backtest_engine.agents.supervisor.records import MOST_PROPOSALS, Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation


def propose(findings: Sequence[Finding], situation: Situation, *, tried: Container[str] = ()) -> tuple[Proposal, ...]:
    """Return at most four edits that were not tried: the first for each finding, then their second ones."""
    if situation.spec is None:
        return ()
    by_finding = [
        list(PROPOSALS[finding.code](finding, situation)) for finding in findings if finding.code in PROPOSALS
    ]
    in_turn = (proposal for row in zip_longest(*by_finding) for proposal in row if proposal is not None)
    return distinct(in_turn, tried=tried)


def distinct(proposals: Iterable[Proposal], *, tried: Container[str] = ()) -> tuple[Proposal, ...]:
    """Return the first four that differ from each other and from what was tried."""
    found: dict[str, Proposal] = {}
    for proposal in proposals:
        key = proposal.spec.model_dump_json()
        if key not in tried:
            found.setdefault(key, proposal)
    return tuple(found.values())[:MOST_PROPOSALS]
