"""What was examined while the strategy ran: foresight, repeatability, tampering, the data, the fills."""

from backtest_engine.domain import Check
from backtest_engine.research.evidence.facts import EvidenceCheck, Facts

_VERDICTS = {"passed": "pass", "failed": "fail", "unknown": "unknown"}
# An account beyond its means, orders larger than the market, and prices at which few trade.
_FILL_NOTICES = ("same_bar_exit", "order_above_volume", "ambiguous_bars", "margin_call", "wiped_out", "impossible_fill")


def look_ahead(facts: Facts) -> EvidenceCheck:
    """Ask whether an order depended on a later bar."""
    source, checked = facts.built("source"), facts.built("look_ahead")
    if source is not None and source.status == "failed":
        return _of("look_ahead", source)
    return _of("look_ahead", checked)


def deterministic(facts: Facts) -> EvidenceCheck:
    """Ask whether another run gives the same orders."""
    return _of("deterministic", facts.built("determinism"))


def tampering(facts: Facts) -> EvidenceCheck:
    """Ask whether the figures are those of the orders on the real bars."""
    return _of("tampering", facts.built("numbers"))


def data(facts: Facts) -> EvidenceCheck:
    """Ask whether the bars can be believed and are those that were meant."""
    dataset = facts.result.dataset
    checked = facts.built("data")
    sample = dataset.source.startswith("samples")
    figures = {
        "source": dataset.source,
        "sample_data": sample,
        "interval": dataset.interval,
        "bars": len(dataset) - dataset.warm_up,
        "notices": sorted({notice.code for notice in dataset.notices}),
    }
    if checked is not None and checked.status == "failed":
        return EvidenceCheck(code="data", verdict="fail", sentence=checked.scope, figures=figures)
    said = []
    if facts.noticed("interval_mismatch") or _other_interval(facts):
        said.append(f"The bars are of {dataset.interval}, not of the length that the words name.")
    if sample:
        said.append("These are sample data, in which one market went up for years.")
    said += [notice.message for notice in dataset.notices if notice.code in ("partial_coverage", "stale_data")]
    if said:
        return EvidenceCheck(code="data", verdict="warn", sentence=" ".join(said), figures=figures)
    verdict = "unknown" if checked is None else _VERDICTS[checked.status]
    sentence = "The bars were not examined." if checked is None else checked.scope
    return EvidenceCheck(code="data", verdict=verdict, sentence=sentence, figures=figures)


def fills(facts: Facts) -> EvidenceCheck:
    """Ask whether the orders could have been filled at those prices."""
    result = facts.result
    checked = facts.built("fills")
    volume = result.dataset.bars["Volume"].to_numpy()
    above = [trade for trade in result.trades if 0 < volume[min(trade.entry_bar, len(volume) - 1)] < abs(trade.size)]
    same_bar = sum(trade.same_bar for trade in result.trades)
    limits = sum(trade.exit_reason == "take_profit" for trade in result.trades)
    leverage = 1 / result.broker.margin
    figures = {
        "trades": len(result.trades),
        "same_bar": same_bar,
        "above_volume": len(above),
        "at_limit_prices": limits,
        "leverage": leverage,
        "notices": facts.noticed(*_FILL_NOTICES),
    }
    if checked is not None and checked.status == "failed":
        return EvidenceCheck(code="fills", verdict="fail", sentence=checked.scope, figures=figures)
    said = []
    if above:
        said.append(f"{len(above)} orders were larger than the whole volume of their bar.")
    if same_bar:
        said.append(f"{same_bar} trades were stopped on the bar that opened them; that bar may have gone otherwise.")
    if leverage > 1:
        said.append(f"The account borrows: leverage {leverage:.3g}.")
    if said:
        return EvidenceCheck(code="fills", verdict="warn", sentence=" ".join(said), figures=figures)
    if checked is None:
        return EvidenceCheck(code="fills", verdict="unknown", sentence="The fills were not examined.", figures=figures)
    return EvidenceCheck(code="fills", verdict=_VERDICTS[checked.status], sentence=checked.scope, figures=figures)


def _of(code: str, checked: Check | None) -> EvidenceCheck:
    if checked is None:
        return EvidenceCheck(code=code, verdict="unknown", sentence="This was not examined.")
    return EvidenceCheck(
        code=code, verdict=_VERDICTS[checked.status], sentence=checked.scope, figures=dict(checked.details)
    )


def _other_interval(facts: Facts) -> bool:
    asked = facts.asked_interval
    return asked is not None and asked != facts.result.dataset.interval
