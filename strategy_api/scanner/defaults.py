"""What an agent is set to before anybody changes it."""

import secrets

from backtest_engine.scanner.weights import DEFAULT_PRESET, PRESETS


def default_symbols() -> list[str]:
    """Return what is there without a vendor."""
    return ["GOOG"]


def default_intervals() -> list[str]:
    """Return the interval of the sample data."""
    return ["1d"]


def default_weights() -> dict[str, float]:
    """Return the weights of the preset that is used first."""
    return dict(PRESETS[DEFAULT_PRESET])


def new_secret() -> str:
    """Return a key that webhooks are signed with."""
    return secrets.token_hex(32)
