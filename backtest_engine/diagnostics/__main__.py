"""Writes the catalogue of failures: `python -m backtest_engine.diagnostics > docs/guides/failures.md`."""

import sys

from backtest_engine.diagnostics import FAILURES
from backtest_engine.diagnostics.catalogue import catalogue

if __name__ == "__main__":
    sys.stdout.write(catalogue(FAILURES))
