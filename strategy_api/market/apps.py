"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class MarketConfig(AppConfig):
    """Sources, bars and imports."""

    name = "strategy_api.market"
    verbose_name = "Market data"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("health", "openapi"):
            import_module(f"{self.name}.{module}")
