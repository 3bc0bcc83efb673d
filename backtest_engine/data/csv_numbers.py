"""What the cells of a column of numbers say, in the one style that the whole file is written in."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from backtest_engine.data.csv_text import refuse

_MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "null", "none", "nil", "-", "--", "."})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Spaces and apostrophes only ever part thousands; Indian grouping puts two digits before the last three.
_SPACED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f\u2009'\u2019]\d{3})+([.,]\d*)?", re.ASCII)
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'\u2019")
_GROUPED = {
    ",": re.compile(r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?", re.ASCII),
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?", re.ASCII),
}
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_UNGROUPED = re.compile(r"\d{4,}", re.ASCII)
_CURRENCY = re.compile(r"^[$€£¥₹₩₽]\s*|\s*[$€£¥₹₩₽]$")
_SUFFIXED = re.compile(r"(.*\d)\s?([KMBT])", re.IGNORECASE)
_FACTORS = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_PLAIN = frozenset("0123456789.")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Numbers:
    """A column of numbers, taken in blocks: what is plainly a number at once, the rest when the column is complete."""

    def __init__(self, name: str, *, counts: bool = False) -> None:
        self.name = name
        self.counts = counts
        self._blocks: list[np.ndarray[Any, Any] | list[str]] = []
        self.has_points = False
        self.has_ungrouped = False
        self.has_currency = False
        self.has_suffixes = False

    def add(self, cells: list[str], *, points: bool) -> None:
        """Take the next block of cells; without `points`, a point may part thousands and is left for later."""
        written = "".join(cells)
        if set(written) <= _PLAIN and (points or "." not in written):
            try:
                block = np.array(cells, dtype=np.float64)
            except ValueError:
                pass  # An empty cell, or two points in one: looked at one by one in the end.
            else:
                self._blocks.append(block)
                self.has_points = self.has_points or "." in written
                self.has_ungrouped = self.has_ungrouped or ("." not in written and bool((block >= 1_000).any()))
                return
        self._blocks.append(cells)

    def unread(self) -> list[str]:
        """Return the cells of the blocks that were not plain, without signs of currency or thousands (K, M)."""
        return [self._bare(cell)[0] for block in self._blocks if isinstance(block, list) for cell in block]

    def values(self, lines: Sequence[int], *, comma: bool) -> np.ndarray[Any, Any]:
        """Return float64 values, NaN where a cell is empty; raise `InvalidData` with the line of another text."""
        done, place = [], 0
        for block in self._blocks:
            if isinstance(block, list):
                numbered = zip(block, lines[place : place + len(block)], strict=True)
                done.append(np.array([self._value(cell, line, comma=comma) for cell, line in numbered], np.float64))
            else:
                done.append(block)
            place += len(block)
        return np.concatenate(done)

    def _bare(self, cell: str) -> tuple[str, int]:
        text, factor = cell.strip(), 1
        if self.counts and text[-1:].isalpha() and (found := _SUFFIXED.fullmatch(text)):
            text, factor = found[1], _FACTORS[found[2].upper()]
            self.has_suffixes = True
        elif text[:1] in "$€£¥₹₩₽" or text[-1:] in "$€£¥₹₩₽":
            bare = _CURRENCY.sub("", text)
            self.has_currency = self.has_currency or bare != text
            text = bare
        return text, factor

    def _value(self, cell: str, line: int, *, comma: bool) -> float:
        text, factor = self._bare(cell)
        if text.lower() in _MISSING:
            return np.nan
        number = _normal(text, comma=comma)
        if not _NUMBER.fullmatch(number):
            looks = " It looks like a spreadsheet formula." if cell.strip().startswith(_FORMULA) else ""
            raise refuse(
                f"Line {line}: {self.name} is {cell.strip()[:30]!r}, which is no number.{looks}",
                line=line,
                kind="number",
            )
        value = float(number) * factor
        if not np.isfinite(value):
            raise refuse(
                f"Line {line}: {self.name} is {cell.strip()[:30]!r}, which is too large.", line=line, kind="number"
            )
        # 1.23 million is a whole number of shares, whatever binary fractions say.
        return round(value, 6) if factor > 1 else value


def _normal(text: str, *, comma: bool) -> str:
    if _SPACED.fullmatch(text):
        text = text.translate(_SPACES)
    mark = "." if comma else ","
    if _GROUPED[mark].fullmatch(text):
        text = text.replace(mark, "")
    return text.replace(",", ".") if comma and "." not in text and text.count(",") == 1 else text


def may_part_thousands(cells: Sequence[str]) -> bool:
    """Say whether the points in these cells, if there are any, may all part thousands."""
    written = [cell.strip() for cell in cells if "." in cell]
    return bool(written) and all(_decimal_mark(cell) is None for cell in written)


def uses_decimal_comma(columns: Sequence[Numbers], *, comma_country: bool) -> bool:
    """Say whether numbers are written `1,08`; raise `InvalidData` when `1,234` or `1.234` could be either.

    `comma_country` says that the file is of a country that writes decimal commas: then `16.769` may be a thousand.
    """
    cells = [cell for column in columns for cell in column.unread()]
    marks = [_decimal_mark(cell) for cell in cells]
    commas = "," in marks
    points = "." in marks or any(column.has_points for column in columns)
    if commas and points:
        raise refuse("Some numbers have a decimal comma and some a point.", kind="number")
    if commas or points:
        return commas
    prices = [cell for column in columns if not column.counts for cell in column.unread()]
    # A volume of 291,760 is a thousand: nobody writes all volumes with three decimals and prices with none.
    unclear = next((cell for cell in prices if "," in cell), "")
    if not unclear and comma_country:
        # A country that groups thousands groups all of them.
        ungrouped = any(column.has_ungrouped for column in columns) or any(_UNGROUPED.fullmatch(cell) for cell in cells)
        unclear = "" if ungrouped else next((cell for cell in cells if "." in cell), "")
    if unclear:
        raise refuse(
            f"{unclear[:30]!r} may be a thousand or a fraction.",
            hint="Write numbers with a decimal point and without thousands separators.",
            kind="number",
        )
    return False


def _decimal_mark(cell: str) -> str | None:
    """Return the decimal mark that a number leaves no doubt about, None when it has none or could have either."""
    comma, point = cell.rfind(","), cell.rfind(".")
    if comma < 0 and point < 0:
        return None
    last, other = (",", ".") if comma > point else (".", ",")
    if min(comma, point) >= 0:
        return last
    if cell.count(last) > 1:
        return other if _GROUPED[last].fullmatch(cell) else None
    if _SPACED.fullmatch(cell):
        return last
    if _AMBIGUOUS.fullmatch(cell) or not cell.strip("+-").replace(last, "").isdigit():
        return None
    return last
