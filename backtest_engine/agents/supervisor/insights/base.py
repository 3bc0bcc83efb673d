"""A picture: a Vega-Lite specification, its rows, and why it helps this strategy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.agents.supervisor.records import Finding

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# Points of a line: more than a screen has.
MOST_POINTS = 1_200
WIDTH, HEIGHT = 640, 240


@dataclass(frozen=True, kw_only=True)
class Picture:
    """`spec` has no data: `with_values` and `with_url` add it."""

    name: str
    title: str
    why: str
    spec: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the picture as it is kept."""
        rows = [dict(row) for row in self.rows]
        return {"name": self.name, "title": self.title, "why": self.why, "spec": dict(self.spec), "rows": rows}

    def with_values(self) -> dict[str, Any]:
        """Return a specification that shows itself wherever Vega-Lite is understood."""
        return self._with({"values": [dict(row) for row in self.rows]})

    def with_url(self, url: str) -> dict[str, Any]:
        """Return a specification whose rows are at an address, as JSON."""
        return self._with({"url": url, "format": {"type": "json"}})

    def _with(self, data: dict[str, Any]) -> dict[str, Any]:
        described = {"$schema": SCHEMA, "title": self.title, "description": self.why}
        several = "vconcat" in self.spec
        return {**described, **({} if several else {"width": WIDTH, "height": HEIGHT}), "data": data, **self.spec}


def sampled(count: int) -> Any:
    """Return the places of at most so many of `count` points, the first and the last among them."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, MOST_POINTS).astype(int))


def time_of(stamp: Any) -> str:
    """Return a bar's time (UTC)."""
    return str(pd.Timestamp(stamp).isoformat()) + "Z"


def has(findings: Sequence[Finding], *codes: str) -> Finding | None:
    """Return the first finding with one of the codes."""
    return next((finding for finding in findings if finding.code in codes), None)


def time_axis() -> dict[str, Any]:
    """Return the encoding of a bar's time."""
    return {"field": "time", "type": "temporal", "title": None, "axis": {"format": "%b %Y"}}


def amount(field: str, title: str, **more: Any) -> dict[str, Any]:
    """Return the encoding of a number on the vertical axis."""
    return {"field": field, "type": "quantitative", "title": title, **more}
