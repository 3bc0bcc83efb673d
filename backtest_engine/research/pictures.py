"""Studies and evidence as pictures: plain SVG and HTML without script; every text is escaped."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

# Colours that differ in lightness too, and words beside each: nobody has to see red from green.
VERDICTS = {
    "believable": ("#137f4a", "Believable"),
    "weak": ("#8a6100", "Weak"),
    "not_believable": ("#b3261e", "Not believable"),
    "unknown": ("#5b6472", "Not known yet"),
    "pass": ("#137f4a", "✓ pass"),
    "warn": ("#8a6100", "! warn"),
    "fail": ("#b3261e", "✗ fail"),
}
# Goes into the head of a page: a picture holds no styles of its own, which the admin's policy would refuse.
STYLE = (
    ".evidence,.study-picture{font:14px system-ui;margin:0 0 16px}.study-picture figcaption{font-weight:600}"
    ".evidence>p{font-size:18px;border-left:6px solid;padding:4px 12px;margin:0 0 8px}"
    ".evidence table{border-collapse:collapse}.evidence td{padding:2px 12px 2px 0;vertical-align:top}"
    ".evidence td:first-child{font-weight:600;white-space:nowrap}"
    + "".join(f".verdict-{name}{{color:{colour}}}" for name, (colour, _) in VERDICTS.items())
)
_WIDTH = 900
_CELLS = 60


def evidence(block: Mapping[str, Any] | None) -> str:
    """Return the verdict with its sentence, and the checks as a table; nothing where there is no evidence."""
    if not block:
        return ""
    word = VERDICTS[block["verdict"]][1]
    rows = "".join(
        f"<tr><td class='verdict-{escape(row['verdict'])}'>{_word(row['verdict'])}</td>"
        f"<td>{escape(row['code'].replace('_', ' '))}</td><td>{escape(row['sentence'])}</td></tr>"
        for row in block["checks"]
    )
    return (
        f"<section class='evidence'><p class='verdict-{escape(block['verdict'])}'><strong>{word}.</strong> "
        f"{escape(block['sentence'])}</p><table>{rows}</table></section>"
    )


def heat_map(picture: Mapping[str, Any]) -> str:
    """Return two parameters as cells coloured by the median of each cell's neighbourhood; the value is its title."""
    columns, rows = _kept(len(picture["x_values"])), _kept(len(picture["y_values"]))
    known = [value for row in picture["medians"] for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    width, height = (_WIDTH - 120) / len(columns), min(32.0, 480 / len(rows))
    cells, frame = [], " stroke='#000' stroke-width='2'"
    for up, y in enumerate(reversed(rows)):
        for across, x in enumerate(columns):
            value, median = picture["values"][y][x], picture["medians"][y][x]
            best = [x, y] == list(picture["best"])
            said = f"{picture['x']} {picture['x_values'][x]}, {picture['y']} {picture['y_values'][y]}: {_figure(value)}"
            cells.append(
                f"<rect x='{110 + across * width:.1f}' y='{up * height:.1f}' width='{max(width - 1, 0.5):.1f}' "
                f"height='{max(height - 1, 0.5):.1f}' fill='{_shade(median, low, high)}'"
                f"{frame if best else ''}>"
                f"<title>{escape(said)}</title></rect>"
            )
    bottom = len(rows) * height
    return (
        f"<figure class='study-picture'><figcaption>{escape(picture['y'])} over "
        f"{escape(picture['x'])}; colour: median of the neighbourhood, "
        f"{_figure(low)} (light) to {_figure(high)} (dark); the frame marks the best</figcaption>"
        f"<svg viewBox='0 0 {_WIDTH} {bottom + 40:.0f}' width='{_WIDTH}' role='img' "
        f"aria-label='heat map' font-family='system-ui' font-size='12'>{''.join(cells)}"
        f"<text x='104' y='{bottom - 4:.0f}' text-anchor='end'>{escape(str(picture['y_values'][rows[0]]))}</text>"
        f"<text x='104' y='12' text-anchor='end'>{escape(str(picture['y_values'][rows[-1]]))}</text>"
        f"<text x='110' y='{bottom + 16:.0f}'>{escape(str(picture['x_values'][columns[0]]))}</text>"
        f"<text x='{_WIDTH - 10}' y='{bottom + 16:.0f}' text-anchor='end'>"
        f"{escape(str(picture['x_values'][columns[-1]]))}</text>"
        f"<text x='{_WIDTH / 2}' y='{bottom + 34:.0f}' text-anchor='middle'>{escape(picture['x'])}</text>"
        "</svg></figure>"
    )


def windows(rows: Sequence[Mapping[str, Any]], equity: Sequence[float]) -> str:
    """Return the windows as bars, training pale and test strong, over the stitched curve of the tests."""
    last = max(row["test_first_bar"] + row["test_bars"] for row in rows)
    height = 22 * len(rows)
    bars = "".join(
        f"<rect x='{_at(row['test_first_bar'] - row['train_bars'], last):.1f}' y='{22 * place}' height='16' "
        f"width='{_at(row['train_bars'], last):.1f}' fill='#c9d3e6'><title>training</title></rect>"
        f"<rect x='{_at(row['test_first_bar'], last):.1f}' y='{22 * place}' height='16' "
        f"width='{_at(row['test_bars'], last):.1f}' fill='{'#137f4a' if row['return_pct'] > 0 else '#b3261e'}'>"
        f"<title>{escape(_window_words(row))}</title></rect>"
        f"<text x='{_at(row['test_first_bar'], last) + 4:.1f}' y='{22 * place + 12}' fill='#fff'>"
        f"{row['return_pct']:+.1f} %</text>"
        for place, row in enumerate(rows)
    )
    return (
        f"<figure class='study-picture'><figcaption>Windows: training (pale), test "
        f"(strong)</figcaption><svg viewBox='0 0 {_WIDTH} {height + 4}' width='{_WIDTH}' role='img' "
        f"aria-label='windows' font-family='system-ui' font-size='11'>{bars}</svg></figure>"
        f"{curve(equity, 'Equity of the test windows, one after another')}"
    )


def curve(values: Sequence[float], title: str) -> str:
    """Return a line."""
    if not values:
        return ""
    step = max(1, len(values) // _WIDTH)
    shown = [*values[::step], values[-1]]
    low, high = min(shown), max(shown)
    points = " ".join(
        f"{_WIDTH * place / max(len(shown) - 1, 1):.1f},{5 + (high - value) / ((high - low) or 1) * 190:.1f}"
        for place, value in enumerate(shown)
    )
    return (
        f"<figure class='study-picture'><figcaption>{escape(title)}: {low:,.0f} to "
        f"{high:,.0f}</figcaption><svg viewBox='0 0 {_WIDTH} 200' width='{_WIDTH}' role='img' "
        f"aria-label='{escape(title)}'><polyline points='{points}' fill='none' stroke='#1f4e9c' stroke-width='1.5'/>"
        "</svg></figure>"
    )


def strips(rows: Sequence[tuple[str, float | None, bool]], title: str) -> str:
    """Return values as bars from zero, each with its words; the one that is used is marked."""
    known = [value for _, value, _ in rows if value is not None]
    low, high = min([*known, 0.0]), max([*known, 0.0])
    scale = 380 / ((high - low) or 1)
    zero = 500 - low * scale
    parts = []
    for place, (said, value, used) in enumerate(rows):
        y = 20 * place
        weight = "font-weight='700'" if used else ""
        parts.append(f"<text x='0' y='{y + 13}' {weight}>{escape(_short(said))}{' ← used' if used else ''}</text>")
        if value is not None:
            begin, width = (zero, value * scale) if value > 0 else (zero + value * scale, -value * scale)
            colour = "#137f4a" if value > 0 else "#b3261e"
            parts.append(
                f"<rect x='{begin:.1f}' y='{y + 3}' width='{max(width, 1):.1f}' height='13' fill='{colour}'>"
                f"<title>{escape(said)}: {value:+.2f}</title></rect>"
            )
    return (
        f"<figure class='study-picture'><figcaption>{escape(title)}: {low:+.1f} to "
        f"{high:+.1f}</figcaption><svg viewBox='0 0 {_WIDTH} {20 * len(rows) + 4}' width='{_WIDTH}' role='img' "
        f"aria-label='{escape(title)}' font-family='system-ui' font-size='12'>{''.join(parts)}</svg></figure>"
    )


def _word(verdict: str) -> str:
    return "? unknown" if verdict == "unknown" else VERDICTS[verdict][1]


def _window_words(row: Mapping[str, Any]) -> str:
    chosen = ", ".join(f"{name} {value}" for name, value in (row["parameters"] or {}).items()) or "nothing"
    span = f"{row['test_from'][:10]} to {row['test_to'][:10]}"
    return f"{span}: {row['return_pct']:+.1f} %, {row['trade_count']} trades, {chosen}"


def _at(bar: float, last: int) -> float:
    return _WIDTH * bar / last


def _kept(count: int) -> list[int]:
    """Return the places that are drawn: all of them, or evenly spaced ones where there are too many to see."""
    if count <= _CELLS:
        return list(range(count))
    return sorted({round(place * (count - 1) / (_CELLS - 1)) for place in range(_CELLS)})


def _shade(value: float | None, low: float, high: float) -> str:
    if value is None:
        return "#eceff3"
    share = (value - low) / (high - low) if high > low else 0.5
    light, dark = (235, 241, 250), (20, 60, 125)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(light, dark, strict=True))


def _figure(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:,.3g}"


def _short(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:67]}…"
