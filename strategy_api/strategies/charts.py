"""Small charts for the admin: SVG, without script and without files."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH, POINTS = 900, 900


def equity(curve: pd.DataFrame) -> SafeString:
    """Return the equity line over the drawdown area as SVG."""
    if curve.empty:
        return format_html("{}", "–")
    first, last = curve.index[0], curve.index[-1]
    return format_html(
        '<svg class="curve" viewBox="0 0 {width} 300" width="{width}" height="300" role="img" '
        'aria-label="Equity and drawdown">'
        '<polyline points="{line}" fill="none" stroke="#1f4e9c" stroke-width="1.5"/>'
        '<polygon points="0,215 {area} {width},215" fill="#c0392b" fill-opacity="0.35"/>'
        '<g font-size="12" fill="currentColor">'
        '<text x="4" y="14">{top}</text><text x="4" y="196">{bottom}</text>'
        '<text x="4" y="229">0 %</text><text x="4" y="284">−{depth} %</text>'
        '<text x="4" y="298">{first}</text><text x="{width}" y="298" text-anchor="end">{last}</text></g></svg>',
        width=WIDTH,
        line=_line(curve["equity"].to_numpy(), top=5, bottom=200),
        area=_line(-curve["drawdown_pct"].to_numpy(), top=215, bottom=280, ceiling=0.0),
        top=f"{curve['equity'].max():,.2f}",
        bottom=f"{curve['equity'].min():,.2f}",
        depth=f"{curve['drawdown_pct'].max():.1f}",
        first=f"{first:%Y-%m-%d}",
        last=f"{last:%Y-%m-%d}",
    )


def _line(values: np.ndarray, *, top: float, bottom: float, ceiling: float | None = None) -> str:
    rows = np.unique(np.linspace(0, len(values) - 1, min(len(values), POINTS)).astype(int))
    shown = np.nan_to_num(values[rows])
    high = shown.max() if ceiling is None else ceiling
    low = shown.min()
    across = np.linspace(0, WIDTH, len(rows))
    down = top + (high - shown) / ((high - low) or 1.0) * (bottom - top)
    return _points(across, down)


def _points(across: np.ndarray, down: np.ndarray) -> str:
    pairs: Sequence[tuple[float, float]] = list(zip(across.tolist(), down.tolist(), strict=True))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)
