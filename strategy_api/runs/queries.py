"""Query strings of the routes of runs."""

from typing import Any

from rest_framework import serializers

from strategy_api.common.queries import PageQuery, one_of, order_by
from strategy_api.runs import kinds
from strategy_api.runs.choices import RunState


class KindField(serializers.ChoiceField):
    """One of the kinds of run that this installation knows."""

    def __init__(self, **kwargs: Any) -> None:
        # Read anew each time that a serializer is made: kinds are registered after this module is imported.
        super().__init__(choices=kinds.names(), **kwargs)


class RunQuery(PageQuery):
    """Which runs to list."""

    state = one_of(RunState, help_text="Where it stands.")
    kind = KindField(required=False, help_text="What it does.")
    strategy = serializers.UUIDField(required=False, help_text="About this strategy.")
    parent = serializers.UUIDField(  # type: ignore[assignment]  # a field, not the parent serializer
        required=False, help_text="Children of this run."
    )
    ordering = order_by("created_at")
