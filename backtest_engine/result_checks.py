"""What was checked about a result, each with its scope."""

from collections.abc import Sequence

from backtest_engine.checks.look_ahead import LookAheadFindings
from backtest_engine.diagnostics import Finding
from backtest_engine.domain import Check, Notice
from backtest_engine.sandbox.journal import Journal
from backtest_engine.sandbox.replay import Replayed


def made(
    journal: Journal,
    replayed: Replayed,
    checked: LookAheadFindings,
    *,
    fills: Sequence[Notice],
    doubts: Sequence[Notice],
    findings: Sequence[Finding],
) -> tuple[Check, ...]:
    """Return every check, in the order in which people ask: numbers, fills, foresight, repeatability, data, source."""
    return (
        _numbers(journal, replayed),
        _fills(replayed, fills),
        _look_ahead(checked),
        _determinism(checked),
        data(doubts),
        source(findings),
    )


def of_specification(trades: int, *, fills: Sequence[Notice], doubts: Sequence[Notice]) -> tuple[Check, ...]:
    """Return the checks of a result that a specification gave: it is data, and what it cannot do need not be tried."""
    return (
        Check(name="numbers", status="passed", scope="Every figure was computed from the specification's own rules."),
        _fills_of(trades, fills),
        Check(
            name="look_ahead",
            status="passed",
            scope="A specification cannot name a later bar, and no indicator of the registry looks ahead.",
        ),
        Check(
            name="determinism", status="passed", scope="A specification is data: it gives the same orders each time."
        ),
        data(doubts),
        Check(name="source", status="passed", scope="No code was run, only the specification.", details={"codes": []}),
    )


def source(findings: Sequence[Finding]) -> Check:
    """Return what reading the code found."""
    codes = list(dict.fromkeys(finding.code for finding in findings))
    said = f"found: {', '.join(codes)}" if codes else "found nothing that looks ahead"
    scope = f"Reading the code {said}."
    return Check(name="source", status=_status(not codes), scope=scope, details={"codes": codes})


def _numbers(journal: Journal, replayed: Replayed) -> Check:
    same = journal.account == replayed.account
    scope = "Every figure was computed outside the strategy, from its orders on trusted bars"
    scope += "; its own account ended the same." if same else "; the account that it saw was another."
    return Check(name="numbers", status=_status(same), scope=scope, details={"orders": len(journal.events)})


def _fills(replayed: Replayed, fills: Sequence[Notice]) -> Check:
    return _fills_of(len(replayed.trades), fills)


def _fills_of(count: int, fills: Sequence[Notice]) -> Check:
    impossible = [notice for notice in fills if notice.code == "impossible_fill"]
    scope = f"All fills of {count} trades lie within their bars." if not impossible else impossible[0].message
    return Check(name="fills", status=_status(not impossible), scope=scope, details={"trades": count})


def _look_ahead(checked: LookAheadFindings) -> Check:
    details = {
        "bars_checked": len(checked.bars),
        "bars_planned": checked.planned,
        "bars_decided": checked.decided,
        # As text: larger than what JavaScript keeps exactly.
        "seed": str(checked.seed),
    }
    found = any(notice.code == "look_ahead" for notice in checked.notices)
    if found:
        return Check(name="look_ahead", status="failed", scope=checked.notices[0].message, details=details)
    if checked.verified is None:
        scope = f"Not known: the data could be cut after {len(checked.bars)} of {checked.planned} bars only."
        return Check(name="look_ahead", status="unknown", scope=scope, details=details)
    scope = (
        f"The orders stayed the same with the data cut after {len(checked.bars)} bars, "
        f"of {checked.decided} on which the strategy ordered something."
    )
    return Check(name="look_ahead", status="passed", scope=scope, details=details)


def _determinism(checked: LookAheadFindings) -> Check:
    if any(notice.code == "non_deterministic" for notice in checked.notices):
        return Check(name="determinism", status="failed", scope="Two runs on the same bars gave different orders.")
    if not checked.bars or checked.verified is False:
        return Check(name="determinism", status="unknown", scope="Not known: no run was repeated.")
    scope = f"{len(checked.bars)} more runs gave the same orders."
    return Check(name="determinism", status="passed", scope=scope, details={"runs": len(checked.bars)})


def data(doubts: Sequence[Notice]) -> Check:
    """Return what looking at the bars found."""
    codes = [notice.code for notice in doubts]
    scope = doubts[0].message if doubts else "No jump, bad tick or hole was found that no market makes."
    return Check(name="data", status=_status(not doubts), scope=scope, details={"codes": codes})


def _status(good: bool) -> str:
    return "passed" if good else "failed"
