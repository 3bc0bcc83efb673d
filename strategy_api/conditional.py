"""ETags: reading again costs nothing when nothing changed, and writing over somebody else's change is refused."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.http import parse_etags
from rest_framework.request import Request

from strategy_api.models import Strategy, StrategyVersion
from strategy_api.refusals import PreconditionFailed


def strategy_etag(strategy: Strategy) -> str:
    """Return the tag of a strategy as it is; any change gives another."""
    state = [
        *(str(strategy.pk), strategy.name, strategy.description, strategy.tags, strategy.status),
        *(str(strategy.current_version_id), strategy.updated_at.isoformat()),
    ]
    return _tag(json.dumps(state))


def version_etag(version: StrategyVersion) -> str:
    """Return the tag of a version, which never changes."""
    return _tag(f"{version.pk} {version.sha256}")


def is_fresh(request: Request, etag: str) -> bool:
    """Say whether the client's copy, named by `If-None-Match`, is still right."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {tag.removeprefix("W/") for tag in known}


@contextmanager
def unchanged(request: Request, strategy: Strategy) -> Iterator[Strategy]:
    """Hold a strategy still while it is changed; raise `PreconditionFailed` unless it is what `If-Match` names."""
    with transaction.atomic():
        held = Strategy.objects.select_for_update().filter(pk=strategy.pk).first()
        header = request.headers.get("If-Match")
        if header is not None:
            wanted = parse_etags(header)
            if held is None or not ("*" in wanted or strategy_etag(held) in wanted):
                raise PreconditionFailed
        yield held or strategy


def _tag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
