"""What the OpenAPI document says of the scanner."""

from strategy_api.common.openapi import examples

_WEIGHTS = {"trend": 0.25, "momentum": 0.2, "mean_reversion": 0.2, "breakout": 0.15, "volatility": 0.1, "volume": 0.1}
_SCORED = {
    "symbol": "GOOG",
    "interval": "1d",
    "score": 0.2544,
    "label": "buy",
    "contributions": [
        {
            "factor": "trend",
            "value": 0.8061,
            "weight": 0.25,
            "points": 0.2015,
            "reason": "EMA(20) is 2.23 average true ranges above EMA(50)",
        }
    ],
    "missing": [],
    "bar_at": "2013-03-01T00:00:00Z",
    "age_seconds": 0.0,
    "flips": [{"factor": "trend", "value": 0.8061, "needed": 0.1885, "label": "neutral"}],
    "price": 806.19,
}

examples.register(
    {
        "AgentStatus": {
            "enabled": True,
            "toggled_at": "2024-01-02T09:00:00Z",
            "toggled_by": "alice",
            "feed": "replay",
            "seconds": 30,
            "last_scan_at": "2024-01-02T09:00:30Z",
            "next_scan_at": "2024-01-02T09:01:00Z",
        },
        "AgentSettings": {
            "enabled": True,
            "feed": "replay",
            "replay": {"start": "2010-01-04", "bars_per_second": 2.0},
            "session_at": "2024-01-02T09:00:00Z",
            "symbols": ["GOOG"],
            "intervals": ["1d"],
            "interval_weights": {},
            "seconds": 30,
            "preset": "balanced",
            "weights": _WEIGHTS,
            "alerts": {
                "threshold": 0.5,
                "webhook_url": "https://hooks.example.com/algoagent",
                "webhook_secret": "5f2c9f0d3e1b4a6c8d7e5f4a3b2c1d0e5f2c9f0d3e1b4a6c8d7e5f4a3b2c1d0e",
            },
        },
        "AgentMetrics": {
            "sockets": 2,
            "subscriptions": 5,
            "messages_sent": 1042,
            "uptime_seconds": 3600.5,
            "agent_enabled": True,
            "active_signals": 3,
        },
        "SignalDetail": _SCORED
        | {
            "id": "7c1f0f3e-52a1-4a6e-9d0c-6b9a0a2f4c11",
            "preset": "balanced",
            "feed": "replay",
            "return_1_pct": 0.4,
            "return_5_pct": None,
            "return_20_pct": None,
            "created_at": "2024-01-02T09:00:30Z",
        },
        "Scorecard": {
            "preset": None,
            "signals": 120,
            "settled": 118,
            "horizons": [
                {
                    "horizon": 1,
                    "signals": {
                        "n": 118,
                        "hit_rate": 0.525,
                        "hit_rate_interval": [0.436, 0.613],
                        "mean_return_pct": 0.05,
                        "mean_return_interval": [-0.28, 0.38],
                    },
                    "baseline": {"n": 400, "hit_rate": 0.522, "mean_return_pct": 0.06},
                }
            ],
        },
        "ToggleRequest": {"enabled": True},
        "AgentChangeRequest": {"symbols": ["GOOG", "EURUSD"], "intervals": ["1d"], "seconds": 30},
        "WeightsBodyRequest": {"weights": _WEIGHTS},
        "WeightsShown": {"weights": _WEIGHTS, "preset": "balanced"},
        "PresetBodyRequest": {"name": "mine", "weights": _WEIGHTS},
        "PresetShown": {"name": "balanced", "weights": _WEIGHTS, "built_in": True},
        "ScoreRequestRequest": {"symbol": "GOOG"},
        "Scored": _SCORED,
    }
)
