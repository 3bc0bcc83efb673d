"""The Django app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What all apps share."""

    name = "strategy_api.common"
    verbose_name = "Common"
