"""`python -m backtest_engine`."""

import sys

from backtest_engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
