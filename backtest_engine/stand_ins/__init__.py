"""Stand-ins for libraries that strategies import and the sandbox does not have: numbers alike, charts silent."""

from backtest_engine.stand_ins import charts, pandas_ta

#: Packages that can be imported although they are not there.
PACKAGES = frozenset({*charts.PACKAGES, *pandas_ta.NAMES, "tqdm"})


def install() -> None:
    """Make the stand-ins importable in this process."""
    charts.install()
    pandas_ta.install()
