"""What the OpenAPI document says of conversations."""

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
