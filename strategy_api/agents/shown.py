"""Messages as clients and topics get them."""

from typing import Any

from strategy_api.agents.models import Message


def message_data(message: Message) -> dict[str, Any]:
    """Return a message in the shape that every client gets."""
    return {
        "seq": message.seq,
        "role": message.role,
        "message_type": message.message_type,
        "content": message.content,
        "metadata": message.metadata,
        "metrics": message.metrics,
        "backtest_data": message.backtest_data,
        "reply_to": message.reply_to,
        "run": str(message.run_id) if message.run_id else None,
        "client_id": message.client_id,
        "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
    }
