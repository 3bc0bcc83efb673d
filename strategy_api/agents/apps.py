"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Conversations and their messages."""

    name = "strategy_api.agents"
    verbose_name = "Agents"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("chat", "links", "openapi"):
            import_module(f"{self.name}.{module}")
