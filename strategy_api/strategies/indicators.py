"""The indicator registry as the API shows it."""

from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.registry import Indicator


def indicators(*, search: str = "") -> list[dict[str, Any]]:
    """Return the indicators whose name, title or alias contains the words, the core ones first."""
    wanted = search.casefold()
    return [
        _shown(indicator)
        for indicator in REGISTRY.values()
        if any(wanted in text.casefold() for text in (indicator.name, indicator.title, *indicator.aliases))
    ]


def _shown(indicator: Indicator) -> dict[str, Any]:
    defaults = indicator.defaults()
    complete = all(value is not None for value in defaults.values())
    return {
        "name": indicator.name,
        "title": indicator.title,
        "aliases": list(indicator.aliases),
        "inputs": list(indicator.inputs),
        "parameters": [
            {
                "name": parameter.name,
                "default": parameter.default,
                "minimum": parameter.minimum,
                "maximum": parameter.maximum,
                "type": "integer" if parameter.integer else "number",
                "description": parameter.description,
            }
            for parameter in indicator.parameters
        ],
        "outputs": list(indicator.outputs),
        "overlay": indicator.overlay,
        "lookback": indicator.lookback(**defaults) if complete else None,
        "source": indicator.source,
    }
