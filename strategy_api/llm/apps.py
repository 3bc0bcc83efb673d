"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class LlmConfig(AppConfig):
    """Calls to language models, and what they cost."""

    name = "strategy_api.llm"
    verbose_name = "Language models"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("metrics", "openapi"):
            import_module(f"{self.name}.{module}")
