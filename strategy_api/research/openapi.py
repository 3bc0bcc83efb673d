"""Examples of goals and studies for the OpenAPI document."""

from typing import Any

from strategy_api.common.openapi import examples

_GOAL = "5a1f7f66-0f2b-4a29-8a33-6f0d7c0e8b21"
_STUDY = "8d1f2c3b-7a64-4d55-9a0e-2c4b6d8f0a12"
_STRATEGY = "6f1c1d0e-6d0c-4c8a-9d0e-0d6a3a5e7b11"
_FINGERPRINT = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
_SEALED = "2011-06-15T00:00:00Z"
_PARAMETERS = {"rsi_period": 14, "rsi_entry_level": 30}
_GRID = {"rsi_period": {"from": 7, "to": 21, "step": 7}, "rsi_entry_level": [25, 30, 35]}
_FIGURES: dict[str, Any] = {
    "return_pct": 31.5,
    "sharpe_ratio": 0.42,
    "max_drawdown_pct": -21.4,
    "trade_count": 34,
    "sharpe_per_bar": 0.031,
    "bars": 1717,
    "skew": 0.4,
    "kurtosis": 9.1,
}
_SUMMARY: dict[str, Any] = {
    "id": _STUDY,
    "kind": "optimize",
    "state": "succeeded",
    "goal": _GOAL,
    "strategy": _STRATEGY,
    "version": 1,
    "symbol": "GOOG",
    "interval": "1d",
    "dataset_fingerprint": _FINGERPRINT,
    "sealed_from": _SEALED,
    "error": None,
    "created_at": examples.AT,
    "links": {
        "trials": f"{examples.BASE}/studies/{_STUDY}/trials/",
        "report": f"{examples.BASE}/studies/{_STUDY}/report/",
        "goal": f"{examples.BASE}/goals/{_GOAL}/",
        "run": f"{examples.BASE}/runs/{_STUDY}/",
    },
}
EVIDENCE: dict[str, Any] = {
    "verdict": "weak",
    "sentence": "Weak: 25 round trips prove little; 30 are wanted.",
    "checks": [
        {
            "code": "enough_trades",
            "verdict": "warn",
            "sentence": "25 round trips prove little; 30 are wanted.",
            "figures": {"trade_count": 25, "wanted": 30},
        }
    ],
}

examples.register(
    {
        "GoalSummary": {
            "id": _GOAL,
            "title": "RSI strategy",
            "symbol": "GOOG",
            "interval": "1d",
            "sealed_from": _SEALED,
            "tries": 47,
            "openings": [{"at": examples.AT, "by": "quinn", "reason": "Before it is traded."}],
            "looks": 1,
            "strategies": [_STRATEGY],
            "created_at": examples.AT,
        },
        "OpenSealRequest": {"reason": "Before it is traded."},
        "TrialRow": {
            "id": "0d9f0f5e-5f0c-4b1a-9c39-1d0b9e7a4c55",
            "parameters": _PARAMETERS,
            "spec_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "symbol": "GOOG",
            "interval": "1d",
            "dataset_fingerprint": _FINGERPRINT,
            "first_bar_at": "2004-08-19T00:00:00Z",
            "last_bar_at": "2011-06-14T00:00:00Z",
            "sharpe_per_bar": 0.031,
            "bars": 1717,
            "skew": 0.4,
            "kurtosis": 9.1,
            "trade_count": 34,
            "return_pct": 31.5,
            "origin": "optimize",
            "created_at": examples.AT,
        },
        "StudySummary": _SUMMARY,
        "StudyDetail": _SUMMARY
        | {
            "request": {"parameters": _GRID, "method": "grid", "seed": 0},
            "result": {
                "sentence": "The best stands on a hill: 62% of its 8 neighbours come within 20 % of it.",
                "best": {"parameters": _PARAMETERS, "value": 0.42, "tries": 47, "evidence": EVIDENCE},
                "pbo": 0.31,
            },
        },
        "StudyTrialRow": {
            "position": 0,
            "window": None,
            "parameters": _PARAMETERS,
            "label": "",
            "value": 0.42,
            **_FIGURES,
            "win_rate_pct": 61.8,
            "profit_factor": 1.4,
            "error": "",
        },
        "OptimizeRequest": {"parameters": _GRID, "objective": "sharpe_ratio", "constraint": "trade_count >= 20"},
        "WalkForwardRequest": {"parameters": _GRID, "train_bars": 600, "test_bars": 200},
        "SignificanceRequest": {"samples": 1000},
        "SpreadRequest": {"test_symbol": "GOOG"},
        "BatchRequest": {"strategy": _STRATEGY, "symbols": ["GOOG", "EURUSD"], "intervals": ["1d"]},
    }
)
examples.register_text(
    "text/csv", "position,rsi_period,value,return_pct\r\n0,14,0.42,31.5\r\n", component="StudyTrialRow"
)
