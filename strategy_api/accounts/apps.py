"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who asks: tokens, scopes, limits and idempotency."""

    name = "strategy_api.accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Import what registers itself."""
        for module in ("guesses", "idempotency", "openapi", "tickets"):
            import_module(f"{self.name}.{module}")
