"""Requests in, representations out, by subject."""

from strategy_api.serializers.data import BarPage, BarRow, DatasetDetail, SymbolRow
from strategy_api.serializers.executions import EquityPoint, ExecutionDetail, ExecutionSummary, TradeRow
from strategy_api.serializers.problems import Notice, Problem, ProblemField
from strategy_api.serializers.requests import (
    ExecuteRequest,
    FixRequest,
    GenerateRequest,
    StrategyCreate,
    StrategyPatch,
    TokenCreate,
)
from strategy_api.serializers.runs import FixAttemptDetail, RunDetail, RunEventDetail, RunSummary
from strategy_api.serializers.strategies import (
    IndicatorDetail,
    ReviewDetail,
    StrategyDetail,
    StrategySummary,
    VersionDetail,
    VersionDiff,
    VersionSummary,
)
from strategy_api.serializers.tokens import Me, NewToken, TokenDetail

__all__ = [
    "BarPage",
    "BarRow",
    "DatasetDetail",
    "EquityPoint",
    "ExecuteRequest",
    "ExecutionDetail",
    "ExecutionSummary",
    "FixAttemptDetail",
    "FixRequest",
    "GenerateRequest",
    "IndicatorDetail",
    "Me",
    "NewToken",
    "Notice",
    "Problem",
    "ProblemField",
    "ReviewDetail",
    "RunDetail",
    "RunEventDetail",
    "RunSummary",
    "StrategyCreate",
    "StrategyDetail",
    "StrategyPatch",
    "StrategySummary",
    "SymbolRow",
    "TokenCreate",
    "TokenDetail",
    "TradeRow",
    "VersionDetail",
    "VersionDiff",
    "VersionSummary",
]
