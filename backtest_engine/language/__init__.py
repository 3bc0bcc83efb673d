"""English and specifications: reading one from the other, and telling it back."""

from backtest_engine.language.explain import explain
from backtest_engine.language.parsing import Parsed, parse
from backtest_engine.language.readings import Reading, read
from backtest_engine.language.settings import Setting, Settings, read_settings
from backtest_engine.language.titles import title_of
from backtest_engine.language.understanding import understand

__all__ = [
    "Parsed",
    "Reading",
    "Setting",
    "Settings",
    "explain",
    "parse",
    "read",
    "read_settings",
    "title_of",
    "understand",
]
