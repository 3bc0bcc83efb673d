"""The API's addresses. Each app has its own; the kinds of run add theirs."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from strategy_api.accounts.views import MeView, TicketView, TokenViewSet
from strategy_api.agents.views import ConversationViewSet
from strategy_api.common import operations
from strategy_api.common.openapi import pages
from strategy_api.llm.views import BudgetView, KeyList
from strategy_api.market.views import DataViewSet
from strategy_api.runs.submission import routes
from strategy_api.runs.views import RunViewSet
from strategy_api.strategies.views.executions import ExecutionViewSet
from strategy_api.strategies.views.strategies import StrategyViewSet

router = SimpleRouter(use_regex_path=True, trailing_slash=True)
router.register("strategies", StrategyViewSet, "strategy")
router.register("runs", RunViewSet, "run")
router.register("executions", ExecutionViewSet, "execution")
router.register("tokens", TokenViewSet, "token")
router.register("conversations", ConversationViewSet, "conversation")
router.register("data", DataViewSet, "data")

urlpatterns = [
    re_path("^api/", include(routes())),
    path("api/", include(router.urls)),
    path("api/keys/", KeyList.as_view(), name="keys"),
    path("api/budget/", BudgetView.as_view(), name="budget"),
    path("api/tickets/", TicketView.as_view(), name="tickets"),
    path("api/me/", MeView.as_view(), name="me"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", pages.swagger, name="docs"),
    path("api/redoc/", pages.redoc, name="redoc"),
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
]
