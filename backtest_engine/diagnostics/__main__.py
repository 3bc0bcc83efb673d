"""Writes the catalogue of rules: `python -m backtest_engine.diagnostics > docs/guides/diagnostics.md`."""

import sys

from backtest_engine.diagnostics import RULES
from backtest_engine.diagnostics.catalogue import catalogue

if __name__ == "__main__":
    sys.stdout.write(catalogue(RULES))
