"""One address for a backtest: of words, or of a strategy that is there."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import UUIDField
from rest_framework.views import APIView

from strategy_api.accounts import audit
from strategy_api.accounts.permissions import caller
from strategy_api.common.exceptions import Contradiction
from strategy_api.common.validation import checked
from strategy_api.runs import services
from strategy_api.runs.kinds import RunKind
from strategy_api.runs.models import Run
from strategy_api.runs.openapi import ACCEPTED, PREFER
from strategy_api.runs.responses import accepted
from strategy_api.strategies.kinds import EXECUTE, GENERATE
from strategy_api.strategies.selectors import strategy_of
from strategy_api.strategies.serializers.requests import ExecuteRequest, GenerateRequest


@extend_schema_serializer(component_name="StrategyBacktest")
class StrategyBacktest(ExecuteRequest):
    """A backtest of a strategy."""

    strategy = UUIDField()


class BacktestRunView(APIView):
    """Backtests what is described, or a strategy."""

    rates = {"post": "execute"}
    problems = {"post": ("no_such_version", "unknown_dataset", "too_many_runs", "not_found")}

    @extend_schema(
        summary="Backtest a description or a strategy",
        description=(
            "With `description` like `generate_with_ai`, its first backtest included; with `strategy` like `execute`."
        ),
        request=PolymorphicProxySerializer(
            component_name="BacktestRun",
            serializers=[GenerateRequest, StrategyBacktest],
            resource_type_field_name=None,
        ),
        responses=ACCEPTED,
        parameters=[PREFER],
    )
    def post(self, request: Request) -> Response:
        """Queue the run."""
        data = request.data if isinstance(request.data, dict) else {}
        if ("strategy" in data) == ("description" in data):
            raise Contradiction({"strategy": ["Say either a `description` or a `strategy`."]})
        if "description" in data:
            asked = {**checked(GenerateRequest, request.data), "execute_after_generation": True}
            return self._submit(request, GENERATE, None, asked)
        asked = checked(StrategyBacktest, request.data)
        strategy = strategy_of(request.user, asked.pop("strategy"))
        audit.require_oversight(request, strategy.owner_id)
        response = self._submit(request, EXECUTE, strategy, asked)
        audit.log_oversight(request, strategy, str(strategy.pk), strategy.owner_id, "POST execute")
        return response

    def _submit(self, request: Request, kind: RunKind, subject: Any, asked: dict[str, Any]) -> Response:
        def submit() -> Run:
            submission = kind.prepare(owner=caller(request), subject=subject, asked=dict(asked))
            return services.submit_run(owner=caller(request), kind=kind, submission=submission)

        return accepted(request, submit)
