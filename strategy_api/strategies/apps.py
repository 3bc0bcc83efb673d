"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class StrategiesConfig(AppConfig):
    """Strategies, versions, backtests and reviews."""

    name = "strategy_api.strategies"
    verbose_name = "Strategies"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("health", "links", "metrics", "openapi", "retention", "worker_process"):
            import_module(f"{self.name}.{module}")
