"""Whether the configured market data can be had at all: vendors known and keyed, folders there."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from strategy_api.common.health import HealthCheck, register
from strategy_api.market import sources


def market_data_problem() -> str | None:
    """Return what is wrong with MARKET_DATA or CSV_DIR."""
    folder = settings.ENVIRONMENT.csv_dir
    if folder is not None and not folder.is_dir():
        return f"CSV_DIR names {folder}, which is no folder."
    try:
        sources.sources()
    except ImproperlyConfigured as error:
        return str(error)
    return None


register(HealthCheck(name="market_data", problem=market_data_problem, remedy="Correct MARKET_DATA or CSV_DIR in .env."))
