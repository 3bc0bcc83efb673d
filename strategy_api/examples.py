"""Examples for the OpenAPI document; a test holds each against its schema."""

from typing import Any

_STRATEGY = "6f1c1d0e-6d0c-4c8a-9d0e-0d6a3a5e7b11"
_RUN = "0b8f7c52-4a3e-4f5e-8c27-1f1f5b7c9e01"
_EXECUTION = "c2a9e0d4-52a1-4b57-9d3f-8f3f0f2b6a77"
_BASE = "http://127.0.0.1:8000/api"
_AT = "2026-03-02T09:30:00Z"
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
    "created_at": _AT,
}
_VERSION_DETAIL = _VERSION | {
    "code": _CODE,
    "spec": {"name": "RSI strategy"},
    "explanation": "Buys when the RSI falls below 30 and closes when it rises above 70.",
    "assumptions": ["RSI period was not stated: 14 assumed."],
    "prompt_version": "",
}
_STRATEGY_SUMMARY: dict[str, Any] = {
    "id": _STRATEGY,
    "name": "RSI strategy",
    "description": _SENTENCE,
    "tags": ["mean-reversion"],
    "status": "draft",
    "version": 1,
    "created_at": _AT,
    "updated_at": _AT,
}
_BROKER: dict[str, Any] = {"cash": 10000.0, "commission": 0.002, "spread": 0.0, "finalize_trades": True}
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
_RUN_SUMMARY: dict[str, Any] = {
    "id": _RUN,
    "kind": "execute",
    "state": "queued",
    "strategy": _STRATEGY,
    "version": 1,
    "attempt": 0,
    "error": None,
    "created_at": _AT,
    "started_at": None,
    "finished_at": None,
    "links": {
        "self": f"{_BASE}/runs/{_RUN}/",
        "events": f"{_BASE}/runs/{_RUN}/events/",
        "cancel": f"{_BASE}/runs/{_RUN}/cancel/",
        "strategy": f"{_BASE}/strategies/{_STRATEGY}/",
    },
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
    "warnings": [{"code": "sample_data", "message": "GOOG is sample data, for demonstration only."}],
    "verified": True,
    "error": None,
    "timings": {"sandbox_seconds": 0.03},
    "versions": {"backtesting": "0.6.6"},
    "created_at": _AT,
}
_TOKEN: dict[str, Any] = {
    "id": "3f0a2d1c-9f2b-4f65-8a51-6f2f6f1f0c42",
    "name": "dashboard",
    "scopes": ["read", "run"],
    "prefix": "4b1c77e0",
    "created_at": _AT,
    "expires_at": "2026-05-31T09:30:00Z",
    "last_used_at": None,
}
_BAR = {"time": "2004-08-19T00:00:00Z", "open": 100.0, "high": 104.06, "low": 95.96, "close": 100.34, "volume": 2.2e7}
_DATASET: dict[str, Any] = {
    "symbol": "GOOG",
    "interval": "1d",
    "source": "samples",
    "fingerprint": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "bars": 2148,
    "start": "2004-08-19T00:00:00Z",
    "end": "2013-03-01T00:00:00Z",
    "notices": [],
}

_SPENT = {"calls": 12, "failed": 1, "input_tokens": 21000, "output_tokens": 6400, "cost_usd": 0.42}

# By the name of the component.
BODIES: dict[str, Any] = {
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
        "created_at": _AT,
    },
    "GenerateRequest": {
        "description": _SENTENCE,
        "execute_after_generation": True,
        "test_symbol": "GOOG",
        "max_fix_attempts": 3,
    },
    "ExecuteRequest": {"test_symbol": "GOOG", "cash": 50000, "parameters": {"rsi_period": 21}},
    "FixRequest": {"max_attempts": 3},
    "RunSummary": _RUN_SUMMARY,
    "RunDetail": _RUN_SUMMARY | {"parameters": {"test_symbol": "GOOG"}, "result": None},
    "RunEventDetail": {"seq": 1, "type": "run.queued", "data": {"run_kind": "execute"}, "created_at": _AT},
    "ExecutionSummary": _EXECUTION_SUMMARY,
    "ExecutionDetail": _EXECUTION_SUMMARY
    | {
        "log": "",
        "thinned_at": None,
        "links": {name: f"{_BASE}/executions/{_EXECUTION}/{name}/" for name in ("trades", "equity", "report")},
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
    },
    "EquityPoint": {"time": "2004-08-19T00:00:00Z", "equity": 10000.0, "drawdown_pct": 0.0},
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
    "TokenDetail": _TOKEN,
    "TokenCreateRequest": {"name": "dashboard", "scopes": ["read", "run"], "expires_in_days": 90},
    "NewToken": _TOKEN | {"token": "4b1c77e0d9f0…"},
    "KeyState": {
        "provider": "gemini",
        "name": "first",
        "fingerprint": "1f3870be",
        "project": "alpha",
        "model": "gemini-2.5-flash",
        "state": "resting",
        "reason": "day_quota",
        "until": "2026-03-03T08:00:00Z",
        "requests_this_minute": 0,
        "tokens_this_minute": 0,
        "requests_today": 250,
        "limits": {"requests_per_minute": 10, "tokens_per_minute": 250000, "requests_per_day": 250},
    },
    "BudgetDetail": {
        "daily_usd": 5.0,
        "user_daily_usd": None,
        "spent_usd": 0.42,
        "remaining_usd": 4.58,
        "threshold": 0.8,
        "cheapest_only": False,
        "resets_at": "2026-03-03T00:00:00Z",
        "models": ["gemini-2.5-flash"],
        "by_model": [_SPENT | {"provider": "gemini", "model": "gemini-2.5-flash"}],
        "by_user": [_SPENT | {"user": "quinn"}],
        "by_day": [_SPENT | {"day": "2026-03-02"}],
    },
    "Me": {"username": "quinn", "is_staff": False, "token": _TOKEN},
    "SymbolRow": {
        "symbol": "GOOG",
        "source": "samples",
        "interval": "1d",
        "title": "Alphabet, daily",
        "sample": True,
        "start": "2004-08-19T00:00:00Z",
        "end": "2013-03-01T00:00:00Z",
        "bars": 2148,
    },
    "BarPage": {
        "next": f"{_BASE}/data/bars/?symbol=GOOG&page_size=1&after=2004-08-19T00%3A00%3A00Z",
        "dataset": _DATASET,
        "results": [_BAR],
    },
    "DatasetDetail": _DATASET | {"symbol": "MINE", "source": "import"},
}

CSV = {
    "TradeRow": "size,entry_bar,exit_bar,pnl,return_pct\r\n92.0,61,118,850.7,8.5\r\n",
    "EquityPoint": "time,equity,drawdown_pct\r\n2004-08-19T00:00:00Z,10000.0,0.0\r\n",
    "BarPage": "time,open,high,low,close,volume\r\n2004-08-19T00:00:00Z,100.0,104.06,95.96,100.34,22351900.0\r\n",
    "DatasetDetail": "date,open,high,low,close,volume\n2024-01-02,10,11,9,10.5,1000\n2024-01-03,10.5,12,10,11.5,1200\n",
}
EVENTS = f'id: 1\nevent: run.queued\ndata: {{"run_kind": "execute", "at": "{_AT}"}}\n\n'
REPORT = "<!doctype html><title>RSI strategy</title>…"


def of(component: str) -> Any:
    """Return the example of a component; a page or a list holds one row."""
    if component in BODIES:
        return BODIES[component]
    row = component.removeprefix("Paginated").removesuffix("List")
    if row in BODIES and component.startswith("Paginated"):
        return {"next": f"{_BASE}/…/?cursor=WzEsIjIwMjYi", "previous": None, "results": [BODIES[row]]}
    return None
