"""The API's addresses."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from strategy_api.views import data, documents, executions, models, operations, runs, strategies, tokens

router = SimpleRouter(use_regex_path=True, trailing_slash=True)
router.register("strategies", strategies.StrategyViewSet, "strategy")
router.register("runs", runs.RunViewSet, "run")
router.register("executions", executions.ExecutionViewSet, "execution")
router.register("tokens", tokens.TokenViewSet, "token")
router.register("data", data.DataViewSet, "data")

urlpatterns = [
    path("api/", include(router.urls)),
    path("api/keys/", models.KeyList.as_view(), name="keys"),
    path("api/budget/", models.BudgetView.as_view(), name="budget"),
    path("api/me/", tokens.MeView.as_view(), name="me"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", documents.swagger, name="docs"),
    path("api/redoc/", documents.redoc, name="redoc"),
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
]
