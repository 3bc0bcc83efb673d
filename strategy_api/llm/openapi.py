"""What the OpenAPI document says of language models."""

from strategy_api.common.openapi import examples

_SPENT = {"calls": 12, "failed": 1, "input_tokens": 21000, "output_tokens": 6400, "cost_usd": 0.42}

examples.register(
    {
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
    }
)
