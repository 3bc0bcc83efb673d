"""What the ETags of strategies and versions are made of."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from rest_framework.request import Request

from strategy_api.common.etags import etag, require_match
from strategy_api.strategies.models import Strategy, StrategyVersion


def strategy_etag(strategy: Strategy) -> str:
    """Return the tag of a strategy as it is; any change gives another."""
    state = [
        *(str(strategy.pk), strategy.name, strategy.description, strategy.tags, strategy.status),
        *(str(strategy.current_version_id), strategy.updated_at.isoformat()),
    ]
    return etag(json.dumps(state))


def version_etag(version: StrategyVersion) -> str:
    """Return the tag of a version, which never changes."""
    return etag(f"{version.pk} {version.sha256}")


@contextmanager
def unchanged(request: Request, strategy: Strategy) -> Iterator[Strategy]:
    """Lock a strategy while it is changed; raise `PreconditionFailed` unless it is what `If-Match` names."""
    with transaction.atomic():
        locked = Strategy.objects.select_for_update().filter(pk=strategy.pk).first()
        require_match(request, strategy_etag(locked) if locked else None)
        yield locked or strategy
