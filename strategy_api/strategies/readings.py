"""Reading a description without writing anything."""

from collections.abc import Mapping
from typing import Any

from backtest_engine.language import read


def read_description(*, description: str, answers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return how a description is understood; raise `InvalidAnswer`."""
    return read(description, answers).as_dict()
