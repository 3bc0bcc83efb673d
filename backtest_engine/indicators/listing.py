"""What the CLI and the API show of the registry."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from backtest_engine.registry import Indicator, Number

# Where there is no convention, an example still needs a number.
_EXAMPLE_PERIOD = 20


def normalized(text: str) -> str:
    """Return a name without case, spaces, hyphens and underscores, so that all spellings of it are one."""
    return "".join(text.lower().split()).replace("_", "").replace("-", "")


def describe(indicator: Indicator) -> dict[str, Any]:
    """Return an indicator as JSON-able data."""
    complete = all(parameter.default is not None for parameter in indicator.parameters)
    return {
        "name": indicator.name,
        "title": indicator.title,
        "aliases": list(indicator.aliases),
        "group": indicator.group,
        "talib": indicator.talib,
        "inputs": list(indicator.inputs),
        "outputs": list(indicator.outputs),
        "parameters": [
            {
                "name": parameter.name,
                "type": "integer" if parameter.integer else "number",
                "default": parameter.default,
                "minimum": parameter.minimum,
                "maximum": parameter.maximum,
                "description": parameter.description,
            }
            for parameter in indicator.parameters
        ],
        "lookback": indicator.lookback(**indicator.defaults()) if complete else None,
        "overlay": indicator.overlay,
        "value_range": list(indicator.value_range) if indicator.value_range else None,
        "source": indicator.source,
        "usage": usage(indicator),
    }


def usage(indicator: Indicator) -> str:
    """Return the line that declares the indicator in a strategy's `init`."""
    given = [f"{parameter.name}={_EXAMPLE_PERIOD}" for parameter in indicator.parameters if parameter.default is None]
    given = given or [f"{parameter.name}={parameter.default}" for parameter in indicator.parameters]
    arguments = ", ".join([indicator.name, *(f"self.data.{name}" for name in indicator.inputs), *given])
    return f"self.I({arguments})"


def matches(indicator: Indicator, words: str) -> bool:
    """Say whether each of the words occurs in the indicator's name, title, aliases or group."""
    text = " ".join(
        (indicator.name, indicator.title, *indicator.aliases, indicator.group, indicator.talib or "")
    ).lower()
    return all(word in text or normalized(word) in normalized(text) for word in words.lower().split())


def example(
    indicator: Indicator, bars: Any, *, last: int = 5, parameters: Mapping[str, Number] | None = None
) -> dict[str, Any]:
    """Return the indicator computed on bars (anything that gives arrays by column name), the last few values of it.

    Missing values are None; `warm_up` is the number of bars before the first value.
    """
    chosen = {
        parameter.name: _EXAMPLE_PERIOD if parameter.default is None else parameter.default
        for parameter in indicator.parameters
    }
    chosen |= dict(parameters or {})
    computed = indicator.function(*(bars[name] for name in indicator.inputs), **chosen)
    outputs: Sequence[Any] = computed if isinstance(computed, tuple) else (computed,)
    return {
        "parameters": chosen,
        "warm_up": indicator.lookback(**chosen),
        "values": {
            name: [float(value) if math.isfinite(value) else None for value in output[-last:]]
            for name, output in zip(indicator.outputs, outputs, strict=True)
        },
    }
