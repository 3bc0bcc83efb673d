"""What an event keeps."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from strategy_api.common.storable import storable, text

# Every reader of a topic gets every event.
MOST_CHARACTERS = 64 << 10


def kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event keeps; progress that cannot be stored must not end the work that makes it."""
    try:
        found: dict[str, Any] = storable(dict(data))
        if len(json.dumps(found, cls=DjangoJSONEncoder)) <= MOST_CHARACTERS:
            return found
    except (ValueError, TypeError, RecursionError):
        pass
    return {"not_storable": sorted(text(str(name))[:100] for name in data)[:50]}
