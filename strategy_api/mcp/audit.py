"""The record of what agents called."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from strategy_api.common.storable import storable
from strategy_api.mcp.models import ToolCall

MOST_ARGUMENT_CHARACTERS = 4_000


def record(
    *, username: str, token_prefix: str, tool: str, arguments: Mapping[str, Any], error_code: str, seconds: float
) -> None:
    """Write one row; arguments that are very long are kept as their beginning."""
    kept = storable(dict(arguments))
    text = json.dumps(kept, ensure_ascii=False)
    if len(text) > MOST_ARGUMENT_CHARACTERS:
        kept = {"cut": text[:MOST_ARGUMENT_CHARACTERS]}
    ToolCall.objects.create(
        owner=User.objects.filter(username=username).first(),
        token_prefix=token_prefix,
        tool=tool[:64],
        arguments=kept,
        error_code=error_code[:64],
        seconds=round(seconds, 3),
    )
