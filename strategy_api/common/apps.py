"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What all apps share."""

    name = "strategy_api.common"
    verbose_name = "Common"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module(f"{self.name}.checks")
