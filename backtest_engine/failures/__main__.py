"""Writes the catalogue of failures: `python -m backtest_engine.failures > docs/guides/failures.md`."""

import sys

from backtest_engine.failures import FAILURES
from backtest_engine.failures.catalogue import catalogue

if __name__ == "__main__":
    sys.stdout.write(catalogue(FAILURES))
