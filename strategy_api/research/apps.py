"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class ResearchConfig(AppConfig):
    """Goals, trials, studies and evidence."""

    name = "strategy_api.research"
    verbose_name = "Research"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("goals", "evidence", "links", "openapi"):
            import_module(f"{self.name}.{module}")
