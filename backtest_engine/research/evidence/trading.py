"""What the trades say: how many, against holding, after costs, and how much hangs on a few of them."""

import math

import numpy as np

from backtest_engine.research.evidence.facts import EvidenceCheck, Facts
from backtest_engine.research.significance import by_year

ENOUGH, FEWEST = 30, 10
BEST_TRADES = 5


def enough_trades(facts: Facts) -> EvidenceCheck:
    """Ask whether there are enough round trips to say anything."""
    count = facts.trade_count
    trips = f"{count} round trip{'' if count == 1 else 's'}"
    if count >= ENOUGH:
        verdict, sentence = "pass", f"{trips} are enough to say something."
    elif count >= FEWEST:
        verdict, sentence = "warn", f"{trips} prove little; {ENOUGH} are wanted."
    else:
        verdict, sentence = "fail", f"{trips} prove{'s' if count == 1 else ''} nothing; {ENOUGH} are wanted."
    return EvidenceCheck(
        code="enough_trades", verdict=verdict, sentence=sentence, figures={"trade_count": count, "wanted": ENOUGH}
    )


def benchmark(facts: Facts) -> EvidenceCheck:
    """Ask whether holding would have done as well, also at the same exposure and at the same volatility."""
    closes = facts.closes
    if len(closes) < 2 or not facts.trade_count:
        return EvidenceCheck(code="benchmark", verdict="unknown", sentence="There is nothing to compare.")
    market = closes[1:] / closes[:-1] - 1
    exposure = float(facts.result.metrics.get("exposure_time_pct") or 0.0) / 100
    ours, theirs = float(facts.returns.std()), float(market.std())
    share = ours / theirs if theirs > 0 else 0.0
    held = (closes[-1] / closes[0] - 1) * 100
    same_exposure, same_volatility = _held(market, exposure), _held(market, share)
    figures = {
        "return_pct": facts.return_pct,
        "buy_hold_return_pct": float(held),
        "exposure": exposure,
        "same_exposure_return_pct": same_exposure,
        "same_volatility_return_pct": same_volatility,
    }
    better = facts.return_pct > same_exposure and facts.return_pct > same_volatility
    beats = facts.return_pct > held
    if beats and better:
        said = "It earned more than holding, also at the same exposure and volatility."
    elif better:
        said = "It earned less than holding, but more than holding as little or as calmly."
    else:
        said = "Holding the same market, as little or as calmly, would have earned as much or more."
    said += f" Strategy {facts.return_pct:+.1f} %, holding {held:+.1f} %, at the same exposure {same_exposure:+.1f} %."
    return EvidenceCheck(code="benchmark", verdict="pass" if better else "warn", sentence=said, figures=figures)


def costs(facts: Facts) -> EvidenceCheck:
    """Ask what is left at twice the costs, and what share of the gains they take."""
    result = facts.result
    paid = float(result.metrics.get("commissions") or 0.0)
    spread = sum(abs(trade.size) * trade.entry_price for trade in result.trades) * result.broker.spread
    gross = sum(max(trade.pnl + trade.commission, 0.0) for trade in result.trades) + spread
    exact = facts.found.doubled_return_pct
    start = float(facts.equity[0]) if len(facts.equity) else result.broker.cash
    doubled = exact if exact is not None else facts.return_pct - (paid + spread) / start * 100
    figures = {
        "return_pct": facts.return_pct,
        "twice_costs_return_pct": doubled,
        "estimated": exact is None,
        "costs": paid + spread,
        "share_of_gross_profit": (paid + spread) / gross if gross > 0 else None,
    }
    if not facts.trade_count:
        return EvidenceCheck(
            code="costs", verdict="unknown", sentence="Without trades there are no costs.", figures=figures
        )
    about = "" if exact is not None else "about "
    taken = f"costs take {(paid + spread) / gross:.0%} of the gross profit" if gross > 0 else "no trade gained"
    said = f"At twice the costs it returns {about}{doubled:+.1f} %; {taken}."
    if paid + spread == 0:
        return EvidenceCheck(
            code="costs", verdict="warn", sentence="No costs were charged, which no market does.", figures=figures
        )
    if doubled > 0:
        return EvidenceCheck(code="costs", verdict="pass", sentence=said, figures=figures)
    verdict = "warn" if facts.return_pct > 0 else "fail"
    return EvidenceCheck(code="costs", verdict=verdict, sentence=said, figures=figures)


def concentration(facts: Facts) -> EvidenceCheck:
    """Ask how much of the profit comes from the best trades and from the best year."""
    profits = sorted((trade.pnl for trade in facts.result.trades), reverse=True)
    total = math.fsum(profits)
    best = math.fsum(profits[:BEST_TRADES])
    years = by_year(facts.result) if len(facts.equity) else []
    best_year = max(years, key=lambda row: row["profit"], default=None)
    figures = {
        "profit": total,
        "best_trades": min(BEST_TRADES, len(profits)),
        "best_trades_share": best / total if total > 0 else None,
        "best_year": best_year["year"] if best_year else None,
        "best_year_share": best_year["profit"] / total if best_year and total > 0 else None,
    }
    if total <= 0:
        return EvidenceCheck(
            code="concentration", verdict="unknown", sentence="There is no profit to divide.", figures=figures
        )
    said = f"The best {min(BEST_TRADES, len(profits))} trades made {best / total:.0%} of the profit"
    said += f", {best_year['year']} made {best_year['profit'] / total:.0%}." if best_year else "."
    hangs = best >= total or (len(years) > 2 and best_year is not None and best_year["profit"] >= total)
    return EvidenceCheck(
        code="concentration",
        verdict="warn" if hangs else "pass",
        sentence=f"{said} Without them nothing is left." if hangs else said,
        figures=figures,
    )


def _held(market: np.ndarray, share: float) -> float:
    """Return what holding a share of the account in the market returns, in percent."""
    return float(np.prod(1 + market * share) - 1) * 100
