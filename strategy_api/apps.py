"""The Django application."""

from django.apps import AppConfig


class StrategyApiConfig(AppConfig):
    """Strategies, their runs and their history, over HTTP."""

    name = "strategy_api"
    verbose_name = "Strategies"
