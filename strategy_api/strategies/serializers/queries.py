"""Query strings of the routes of strategies and backtests."""

from rest_framework import serializers

from strategy_api.common.fields import MomentField, StrictSerializer
from strategy_api.common.queries import PageQuery, PageSizeField, QueryBooleanField, SearchField, one_of, order_by
from strategy_api.strategies.choices import ExecutionStatus, StrategyStatus


class StrategyQuery(PageQuery):
    """Which strategies to list."""

    status = one_of(StrategyStatus, help_text="Where it stands with its reviewers.")
    tag = SearchField(help_text="Has this tag.")
    search = SearchField(help_text="Words that name or description contain.")
    created_after = MomentField(required=False, help_text="Made at this time or later.")
    created_before = MomentField(required=False, help_text="Made before this time.")
    ordering = order_by("created_at", "updated_at", "name")


class ExecutionHistoryQuery(PageQuery):
    """Which executions of a strategy to list."""

    status = one_of(ExecutionStatus, help_text="Whether the strategy survived it.")
    symbol = SearchField(help_text="On this symbol, in upper or lower case.")
    interval = SearchField(help_text="On bars of this length.")
    created_after = MomentField(required=False, help_text="Made at this time or later.")
    created_before = MomentField(required=False, help_text="Made before this time.")
    verified = QueryBooleanField(required=False, help_text="Whether the checks found nothing.")
    ordering = order_by("created_at", "return_pct", "sharpe_ratio", "max_drawdown_pct", "trade_count")


class ExecutionQuery(ExecutionHistoryQuery):
    """Which executions to list."""

    strategy = serializers.UUIDField(required=False, help_text="Of this strategy.")


class ReplayQuery(StrictSerializer):
    """Which bars of a backtest to step through."""

    start = serializers.IntegerField(min_value=0, max_value=10**8, default=0, help_text="The first bar's index.")
    page_size = PageSizeField(most=5_000, default=1_000, help_text="At most so many bars.")


class IndicatorQuery(StrictSerializer):
    """Which indicators to list."""

    search = SearchField(help_text="Words that name, title or an alias contains.")
