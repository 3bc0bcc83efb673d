"""Files as people export them, and the bars that each must be read as."""

from tests.corpus.layouts import dataframes, exchanges, platforms, spreadsheets, vendors
from tests.corpus.layouts.known import Bar, Layout

LAYOUTS = (
    *spreadsheets.LAYOUTS,
    *dataframes.LAYOUTS,
    *exchanges.LAYOUTS,
    *vendors.LAYOUTS,
    *platforms.LAYOUTS,
)

__all__ = ["LAYOUTS", "Bar", "Layout"]
