"""Query strings of the routes of goals and studies."""

from rest_framework import serializers

from strategy_api.common.queries import PageQuery, SearchField, one_of, order_by
from strategy_api.runs.choices import RunState


class GoalQuery(PageQuery):
    """Which goals to list."""

    ordering = order_by("created_at")


class TrialQuery(PageQuery):
    """Which tries to list."""

    ordering = order_by("created_at", "sharpe_per_bar", "return_pct", "trade_count")


class StudyQuery(PageQuery):
    """Which studies to list."""

    kind = SearchField(help_text="Of this kind, as in `optimize`.")
    state = one_of(RunState, help_text="How its run stands.")
    strategy = serializers.UUIDField(required=False, help_text="About this strategy.")
    goal = serializers.UUIDField(required=False, help_text="For this goal.")
    ordering = order_by("created_at")


class StudyTrialQuery(PageQuery):
    """Which candidates of a study to list."""

    ordering = serializers.ChoiceField(
        choices=[
            *("position", "-position", "value", "-value", "return_pct", "-return_pct", "sharpe_ratio"),
            *("-sharpe_ratio", "trade_count", "-trade_count", "max_drawdown_pct", "-max_drawdown_pct"),
        ],
        default="position",
        help_text="A minus sign puts the largest first.",
    )
