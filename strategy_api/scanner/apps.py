"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class ScannerConfig(AppConfig):
    """Agents' settings, weights, signals and alerts."""

    name = "strategy_api.scanner"
    verbose_name = "Scanner"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("kinds", "slots", "retention", "openapi"):
            import_module(f"{self.name}.{module}")
