"""The Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RunsConfig(AppConfig):
    """Jobs and their events."""

    name = "strategy_api.runs"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("health", "metrics", "openapi", "retention", "schedule", "sockets.schema"):
            import_module(f"{self.name}.{module}")
        # Every app may have kinds of run and topics.
        autodiscover_modules("kinds")
        autodiscover_modules("topics")
