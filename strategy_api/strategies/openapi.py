"""What the OpenAPI document says of strategies and backtests."""

from typing import Any

from strategy_api.common.openapi import examples

_STRATEGY = "6f1c1d0e-6d0c-4c8a-9d0e-0d6a3a5e7b11"
_RUN = "0b8f7c52-4a3e-4f5e-8c27-1f1f5b7c9e01"
_EXECUTION = "c2a9e0d4-52a1-4b57-9d3f-8f3f0f2b6a77"
_SENTENCE = "RSI strategy: buy when RSI < 30, sell when RSI > 70"
_CODE = """from backtesting import Strategy
from backtest_engine.indicators import rsi


class RsiStrategy(Strategy):
    rsi_period = 14

    def init(self):
        self.rsi = self.I(rsi, self.data.Close, self.rsi_period)

    def next(self):
        if not self.position and self.rsi[-1] < 30:
            self.buy()
        elif self.position and self.rsi[-1] > 70:
            self.position.close()
"""
_VERSION: dict[str, Any] = {
    "number": 1,
    "parent": None,
    "origin": "offline",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": examples.AT,
}
_VERSION_DETAIL = _VERSION | {
    "code": _CODE,
    "spec": {"name": "RSI strategy"},
    "explanation": "Buys when the RSI falls below 30 and closes when it rises above 70.",
    "assumptions": ["RSI period was not stated: 14 assumed."],
    "settings": {},
    "prompt_version": "",
}
_READING: dict[str, Any] = {
    "text": "Buy when it is oversold, sell when RSI(14) is above 70.",
    "spec": None,
    "settings": {},
    "explanation": "",
    "assumptions": [],
    "corrections": [],
    "questions": [
        {
            "id": "q_1d0c8f7a52",
            "question": "What does 'oversold' mean in numbers? For example: RSI(14) is below 30.",
            "about": "oversold",
            "text": "Buy when it is oversold, sell when RSI(14) is above 70",
            "start": 0,
            "end": 54,
            "options": [
                {
                    "id": "o_5b1c2d3e4f",
                    "label": "Buy when RSI(14) is below 30, sell when RSI(14) is above 70",
                    "wording": "Buy when RSI(14) is below 30, sell when RSI(14) is above 70",
                }
            ],
        }
    ],
    "problems": [],
}
_STRATEGY_SUMMARY: dict[str, Any] = {
    "id": _STRATEGY,
    "name": "RSI strategy",
    "description": _SENTENCE,
    "tags": ["mean-reversion"],
    "status": "draft",
    "version": 1,
    "goal": "5a1f7f66-0f2b-4a29-8a33-6f0d7c0e8b21",
    "created_at": examples.AT,
    "updated_at": examples.AT,
}
_BROKER: dict[str, Any] = {"cash": 10000.0, "commission": 0.002, "spread": 0.0, "margin": 1.0, "fills": "conservative"}
_METRICS: dict[str, Any] = {
    "return_pct": 12.5,
    "buy_hold_return_pct": 703.5,
    "equity_final": 11250.0,
    "trades": 9,
    "win_rate_pct": 66.7,
    "max_drawdown_pct": 21.4,
    "sharpe_ratio": 0.31,
    "exposure_time_pct": 38.2,
}
_EXECUTION_SUMMARY: dict[str, Any] = {
    "id": _EXECUTION,
    "run": _RUN,
    "strategy": _STRATEGY,
    "version": 1,
    "status": "succeeded",
    "symbol": "GOOG",
    "interval": "1d",
    "source": "samples",
    "dataset_fingerprint": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "bars": 2148,
    "first_bar_at": "2004-08-19T00:00:00Z",
    "last_bar_at": "2013-03-01T00:00:00Z",
    "broker": _BROKER,
    "parameters": {"rsi_period": 14},
    "metrics": _METRICS,
    "metrics_notes": {},
    "orders": {"placed": 10, "filled": 9, "unit": 1.0, "lost": {}},
    "warnings": [{"code": "sample_data", "message": "GOOG is sample data, for demonstration only."}],
    "checks": {
        "look_ahead": {
            "status": "passed",
            "scope": "The orders stayed the same with the data cut after 6 bars, of 18 on which the strategy ordered "
            "something.",
            "details": {"bars_checked": 6, "bars_planned": 6, "bars_decided": 18, "seed": "7364528190"},
        }
    },
    "verified": True,
    "path": "fast",
    "path_reason": "",
    "path_differences": [],
    "evidence": {
        "verdict": "not_believable",
        "sentence": "Not believable: 9 round trips prove nothing; 30 are wanted.",
        "checks": [
            {
                "code": "enough_trades",
                "verdict": "fail",
                "sentence": "9 round trips prove nothing; 30 are wanted.",
                "figures": {"trade_count": 9, "wanted": 30},
            }
        ],
    },
    "error": None,
    "timings": {"sandbox_seconds": 0.03},
    "versions": {"backtesting": "0.6.6"},
    "created_at": examples.AT,
}

_REPLAY: dict[str, Any] = {
    "bars": 2148,
    "start": 0,
    "next": 1,
    "time": ["2004-08-19T00:00:00Z"],
    "open": [100.0],
    "high": [104.06],
    "low": [95.96],
    "close": [100.34],
    "volume": [22351900.0],
    "indicators": {"RSI(14)": [27.5]},
    "orders": [
        {
            "bar": 0,
            "action": "open",
            "side": "long",
            "size": 98.0,
            "why": "rule",
            "stop_loss": None,
            "take_profit": None,
        }
    ],
    "fills": [],
    "reasons": [
        {
            "bar": 0,
            "rules": [{"rule": "long.entry", "condition": "RSI(14) is below 30", "left": 27.5, "right": 30.0}],
        }
    ],
}

examples.register(
    {
        "ReplayPage": _REPLAY,
        "StrategySummary": _STRATEGY_SUMMARY,
        "StrategyDetail": _STRATEGY_SUMMARY | {"current_version": _VERSION_DETAIL},
        "StrategyCreateRequest": {"name": "RSI strategy", "code": _CODE, "tags": ["mean-reversion"]},
        "StrategyPatchRequest": {"name": "RSI, slower", "status": "in_review"},
        "VersionSummary": _VERSION,
        "VersionDetail": _VERSION_DETAIL,
        "VersionDiff": {
            "number": 2,
            "parent": 1,
            "unified": "--- v1\n+++ v2\n@@ -1 +1 @@\n-    rsi_period = 14\n+    rsi_period = 21",
            "hunks": [
                {
                    "old_start": 1,
                    "new_start": 1,
                    "lines": [
                        {"kind": "removed", "text": "    rsi_period = 14"},
                        {"kind": "added", "text": "    rsi_period = 21"},
                    ],
                }
            ],
        },
        "ReviewDetail": {
            "status": "changes_requested",
            "comment": "Say what happens at the end of the data.",
            "version": 1,
            "reviewer": "quinn",
            "created_at": examples.AT,
        },
        "ReadingRequest": {"description": "Buy when it is oversold, sell when RSI(14) is above 70."},
        "ReadingDetail": _READING,
        "BacktestRunRequest": {
            "description": "Buy when RSI(14) is below 30. Sell when RSI(14) is above 70.",
            "test_symbol": "GOOG",
        },
        "GenerateRequest": {
            "description": _SENTENCE,
            "execute_after_generation": True,
            "test_symbol": "GOOG",
            "max_fix_attempts": 3,
        },
        "ExecuteRequest": {"test_symbol": "GOOG", "cash": 50000, "parameters": {"rsi_period": 21}},
        "FixRequest": {"max_attempts": 3},
        "ExecutionSummary": _EXECUTION_SUMMARY,
        "ExecutionDetail": _EXECUTION_SUMMARY
        | {
            "log": "",
            "thinned_at": None,
            "links": {
                name: f"{examples.BASE}/executions/{_EXECUTION}/{name}/" for name in ("trades", "equity", "report")
            },
        },
        "TradeRow": {
            "size": 92.0,
            "entry_bar": 61,
            "exit_bar": 118,
            "entry_time": "2004-11-15T00:00:00Z",
            "exit_time": "2005-02-07T00:00:00Z",
            "entry_price": 108.5,
            "exit_price": 118.2,
            "stop_loss": None,
            "take_profit": None,
            "pnl": 850.7,
            "commission": 41.7,
            "return_pct": 8.5,
            "tag": None,
            "exit_reason": "closed",
            "same_bar": False,
        },
        "EquityPoint": {"time": "2004-08-19T00:00:00Z", "equity": 10000.0, "drawdown_pct": 0.0},
        "TagCount": {"tag": "mean-reversion", "strategy_count": 4},
        "StrategyCloneRequest": {"name": "RSI, my way"},
        "IndicatorDetail": {
            "name": "rsi",
            "title": "Relative Strength Index",
            "aliases": ["relative strength"],
            "inputs": ["Close"],
            "parameters": [
                {
                    "name": "period",
                    "default": 14,
                    "minimum": 2,
                    "maximum": 1000,
                    "type": "integer",
                    "description": "Bars that the average runs over.",
                }
            ],
            "outputs": ["rsi"],
            "overlay": False,
            "lookback": 14,
            "source": "Wilder, New Concepts in Technical Trading Systems, 1978",
        },
    }
)
examples.register_text(
    "text/csv", "size,entry_bar,exit_bar,pnl,return_pct\r\n92.0,61,118,850.7,8.5\r\n", component="TradeRow"
)
examples.register_text(
    "text/csv", "time,equity,drawdown_pct\r\n2004-08-19T00:00:00Z,10000.0,0.0\r\n", component="EquityPoint"
)
examples.register_text("text/html", "<!doctype html><title>RSI strategy</title>…")
