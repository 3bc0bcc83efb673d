"""What the OpenAPI document says of conversations and supervisions."""

from typing import Any

from strategy_api.common.openapi import examples

_CONVERSATION = "5d1f6f8a-7a37-4f0e-9a55-0b8d2f6f3c21"
_STRATEGY = "6f1c1d0e-6d0c-4c8a-9d0e-0d6a3a5e7b11"
_RUN = "0b8f7c52-4a3e-4f5e-8c27-1f1f5b7c9e01"
_SUMMARY: dict[str, Any] = {
    "id": _CONVERSATION,
    "title": "RSI 30/70",
    "node": "await_feedback",
    "goal": "RSI strategy: buy when RSI < 30, sell when RSI > 70",
    "strategy": _STRATEGY,
    "feedback_intent": "modify_spec",
    "last_seq": 8,
    "created_at": examples.AT,
    "updated_at": examples.AT,
}
_QUESTION = {
    "id": "q2",
    "question": "Which number is meant? Nothing has changed yet.",
    "options": [{"id": "option_1", "label": "stop loss: 3 becomes 5", "wording": "stop loss: 3 becomes 5"}],
}
_MESSAGE: dict[str, Any] = {
    "seq": 6,
    "role": "assistant",
    "message_type": "diff",
    "content": "long entry: RSI(14) is below 30 → RSI(14) is below 25.\nStays: long exit: RSI(14) is above 70.",
    "metadata": {
        "intent": "modify_spec",
        "strategy": _STRATEGY,
        "version": 2,
        "stayed": ["long exit: RSI(14) is above 70"],
    },
    "metrics": None,
    "backtest_data": None,
    "reply_to": 5,
    "run": _RUN,
    "client_id": None,
    "created_at": examples.AT,
}

examples.register(
    {
        "ConversationPatchRequest": {"title": "RSI on GOOG"},
        "MessageCreateRequest": {"content": "make it RSI 10"},
        "ConversationSummary": _SUMMARY,
        "ConversationDetail": _SUMMARY
        | {
            "awaiting_feedback": True,
            "version": 2,
            "spec": {"schema_version": "1"},
            "settings": {"symbol": "GOOG", "start": "2008-01-01"},
            "question": _QUESTION,
            "tries": 2,
        },
        "ConversationCreate": {"content": "RSI strategy: buy when RSI < 30, sell when RSI > 70", "test_symbol": "GOOG"},
        "ConversationPatch": {"title": "Dipper"},
        "MessageCreate": {"content": "entry at 25 instead", "client_id": "page-1-turn-2"},
        "MessageList": {"results": [_MESSAGE], "next_after": None},
        "MessageDetail": _MESSAGE,
    }
)

_SUPERVISION = "9c0f3a44-5a0d-4a52-8f0b-3f5d1c2b7e61"
_METRICS = {"return_pct": -34.4, "sharpe_ratio": -0.85, "max_drawdown_pct": -41.0, "trade_count": 250}
_FINDING: dict[str, Any] = {
    "code": "stop_too_near",
    "severity": "high",
    "sentence": "71 % of the trades were stopped, by a stop 0.3 times the ATR away.",
    "figures": {"stopped_pct": 71.0, "distance_atr": 0.3, "recovered_pct": 94.0},
    "could": ["stops"],
}
_PROPOSAL: dict[str, Any] = {
    "kind": "stops",
    "finding": "stop_too_near",
    "words": "stop 2.5 times the ATR away",
    "reason": "The stop stands 0.3 times the ATR away, within the noise of a bar.",
    "expected": "Fewer than 71 % of the trades are stopped; those that are lose more.",
    "changes_meaning": False,
    "source": "rules",
    "allowed": True,
    "metrics": {"return_pct": 151.4, "sharpe_ratio": 1.38, "trade_count": 72},
    "p": 0.001,
    "error": None,
    "spec": {"schema_version": "1"},
}
_FIRST: dict[str, Any] = {
    "number": 1,
    "version": 1,
    "change": None,
    "spec": {"schema_version": "1"},
    "metrics": _METRICS,
    "analysis": {"findings": [_FINDING]},
    "proposals": [_PROPOSAL],
    "kept": None,
    "why": "The strategy as it came.",
    "tries": 5,
}
_SUPERVISED: dict[str, Any] = {
    "id": _SUPERVISION,
    "state": "succeeded",
    "strategy": _STRATEGY,
    "version": 1,
    "symbol": "GOOG",
    "interval": "1d",
    "sealed_from": "2011-06-15T00:00:00Z",
    "ending": "no_proposal",
    "sentence": "There is no change left that may be tried.",
    "error": None,
    "created_at": examples.AT,
    "links": {
        "insights": f"{examples.BASE}/supervisions/{_SUPERVISION}/insights/",
        "run": f"{examples.BASE}/runs/{_SUPERVISION}/",
    },
}
_INSIGHT: dict[str, Any] = {
    "name": "trade_excursion",
    "title": "How far trades went against and for them (MAE, MFE)",
    "why": _FINDING["sentence"],
    "spec": {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": "point",
        "data": {"url": f"{examples.BASE}/supervisions/{_SUPERVISION}/insights/trade_excursion/"},
    },
}

examples.register(
    {
        "SuperviseRequest": {
            "description": "Buy when RSI(5) is below 35. Sell when RSI(5) is above 60. Stop loss 0.5%.",
            "test_symbol": "GOOG",
            "objective": "sharpe_ratio",
            "max_iterations": 3,
            "allow": ["filters", "stops", "sizing", "exits"],
        },
        "SupervisionSummary": _SUPERVISED,
        "SupervisionDetail": _SUPERVISED
        | {
            "request": {"max_iterations": 3, "analyst": "auto"},
            "goal": "5a1f7f66-0f2b-4a29-8a33-6f0d7c0e8b21",
            "iterations": [_FIRST],
            "insights": [_INSIGHT],
            "spec": {"schema_version": "1"},
            "evidence_before": {"verdict": "not_believable", "sentence": "Not believable.", "checks": []},
            "evidence_after": {"verdict": "weak", "sentence": "Weak: try 6 for this goal on these bars.", "checks": []},
        },
        "InsightDetail": _INSIGHT,
        "InsightDetailList": [_INSIGHT],
    }
)
