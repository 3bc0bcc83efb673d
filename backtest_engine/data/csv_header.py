"""Which column of a table is which, also where a header has two levels or the names carry a symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backtest_engine.data.csv_names import (
    QUOTES,
    ROW_NUMBER_RANK,
    TICK_RANK,
    identifies,
    plain,
    price_role,
    time_rank,
    volume_unit,
)
from backtest_engine.data.csv_text import refuse
from backtest_engine.errors import InvalidData

PRICES = ("Open", "High", "Low", "Close")
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Places of the columns that bars are made of.

    `times` are (rank, place) of whatever may hold a date, a clock time or both, the best first. `volume` is the place
    of the volume, `ticks` that of a count of price changes, which stands in for a volume that is zero throughout;
    `units` are the places of volumes by their unit. `identities` tell one series from another.
    """

    names: tuple[str, ...]
    prices: Mapping[str, int]
    times: tuple[tuple[int, int], ...]
    volume: int | None = None
    ticks: int | None = None
    up_and_down: tuple[int, int] | None = None
    units: Mapping[str, int] = field(default_factory=dict)
    identities: tuple[int, ...] = ()

    def ignored(self, used: Sequence[int | None]) -> list[str]:
        """Return the names of the columns that are not used."""
        return [name for place, name in enumerate(self.names) if place not in used and name.strip()]


def count_price_names(cells: Sequence[str]) -> int:
    """Return how many of open, high, low and close are among the cells, also behind a common prefix."""
    names = [plain(cell) for cell in cells]
    direct = {role[0] for role in map(price_role, names) if role}
    prefixed = {role for role, _, _ in filter(None, map(_split_name, names))}
    return max(len(direct & set(PRICES)), len(prefixed & set(PRICES)))


def find_columns(header: Sequence[str], *, line: int = 1, note: str = "") -> Columns:
    """Return the places of the columns; raise `InvalidData` when prices or the time are missing or named twice.

    `note` is added to the message where the text itself may be the reason.
    """
    names = [plain(name) for name in header]
    roles = [price_role(name) for name in names]
    prices = {role: _best(roles, role, line) for role in PRICES}
    missing = [role for role, place in prices.items() if place is None]
    times = _times(names, roles)
    if not times:
        missing.insert(0, "date or time")
    if missing:
        raise refuse(
            f"The header lacks {', '.join(missing)}.{note}",
            line=line,
            hint="Name the columns in the first line: date, open, high, low, close, volume.",
            kind="header",
        )
    volume = _best(roles, "Volume", line)
    ticks = next((place for place, role in enumerate(roles) if role == ("Volume", TICK_RANK)), None)
    sides = tuple(place for place, name in enumerate(names) if name in ("up", "down"))
    return Columns(
        names=tuple(header),
        prices={role: place for role, place in prices.items() if place is not None},
        times=times,
        volume=volume,
        ticks=ticks if ticks != volume else None,
        up_and_down=(sides[0], sides[1]) if len(sides) == 2 and volume is None else None,
        units={unit: place for place, name in enumerate(names) if (unit := volume_unit(name))},
        identities=tuple(place for place, name in enumerate(names) if identifies(name)),
    )


def _best(roles: Sequence[tuple[str, int] | None], role: str, line: int) -> int | None:
    ranked = sorted((found[1], place) for place, found in enumerate(roles) if found and found[0] == role)
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        raise refuse(f"Two columns are called {role}.", line=line, kind="header")
    return ranked[0][1] if ranked else None


def _times(names: Sequence[str], roles: Sequence[tuple[str, int] | None]) -> tuple[tuple[int, int], ...]:
    found = []
    for place, name in enumerate(names):
        rank = ROW_NUMBER_RANK if place == 0 and not name else time_rank(name)
        if rank is not None and roles[place] is None:
            found.append((rank, place))
    return tuple(sorted(found))


def base_volume(columns: Columns, symbol: str) -> int | None:
    """Return the place of the volume in units of what is traded, from columns such as `Volume BTC`, `Volume USDT`."""
    units = columns.units
    traded = [unit for unit in units if symbol and symbol.lower().startswith(unit)]
    other = [unit for unit in units if unit not in QUOTES]
    chosen = (traded or other or list(units))[:1]
    return units[chosen[0]] if chosen else None


# --- names that carry a symbol ------------------------------------------------------------------------------------


def _split_name(name: str) -> tuple[str, int, str] | None:
    """Return role, rank and symbol of a name such as `aapl.open`, `price open` or `close aapl`."""
    for mark in (".", " "):
        before, found, after = name.rpartition(mark)
        role = price_role(after) if found else None
        if role:
            return (*role, before.strip())
        before, found, after = name.partition(mark)
        role = price_role(before) if found else None
        if role:
            return (*role, after.strip())
    return None


def with_symbols(header: Sequence[str], symbols: Sequence[str] | None, only_symbol: str | None) -> list[str]:
    """Return a header of plain names from one of two levels or one whose names carry a symbol.

    Columns of other symbols lose their name. Raises `InvalidData` with the list when there are several and none is
    chosen.
    """
    if symbols is None:
        return _without_prefix(header, only_symbol)
    # The first cell of each level names the level.
    pairs = list(zip(symbols, header, strict=True))[1:]
    found = [symbol.strip() for symbol, role in pairs if price_role(plain(role))]
    chosen = _chosen(list(dict.fromkeys(filter(None, found))), only_symbol)
    return ["Date", *(role if symbol.strip() == chosen else "" for symbol, role in pairs)]


def _without_prefix(header: Sequence[str], only_symbol: str | None) -> list[str]:
    names = [plain(name) for name in header]
    direct = {role[0] for role in map(price_role, names) if role}
    if direct >= set(PRICES):
        return list(header)
    split = [None if time_rank(name) is not None else _split_name(name) for name in names]
    groups: dict[str, set[str]] = {}
    for found in split:
        if found:
            groups.setdefault(found[2], set()).add(found[0])
    whole = [symbol for symbol, roles in groups.items() if roles >= set(PRICES) - direct]
    if not whole:
        return list(header)
    chosen = _chosen([symbol.upper() for symbol in whole], only_symbol)
    renamed = []
    for name, short, found in zip(header, names, split, strict=True):
        if found and price_role(short) is None:
            renamed.append(_ROLE_NAMES.get(found[:2], "") if found[2].upper() == chosen else "")
        else:
            renamed.append(name)
    return renamed


_ROLE_NAMES = {
    **{(role, 0): role.lower() for role in PRICES},
    ("Close", 1): "last",
    ("Close", 2): "price",
    ("Volume", 0): "quantity",
    ("Volume", 1): "volume",
    ("Volume", 2): "ticks",
}


def _chosen(symbols: Sequence[str], only_symbol: str | None) -> str:
    if only_symbol is None:
        if len(symbols) > 1:
            raise several(symbols)
        return symbols[0]
    matching = [symbol for symbol in symbols if symbol.casefold() == only_symbol.strip().casefold()]
    if not matching:
        raise absent(only_symbol, symbols)
    return matching[0]


def several(symbols: Sequence[str], *, choose: bool = True) -> InvalidData:
    """Return the error for a file of several series, with their list and how to choose one where that is possible."""
    error = _listing(f"The file holds {len(symbols)} series: {_listed(symbols)}.", symbols)
    error.hint = error.hint if choose else "Keep each of them in a file of its own."
    return error


def absent(only_symbol: str, symbols: Sequence[str]) -> InvalidData:
    """Return the error for a choice that the file does not have."""
    held = f"it holds {_listed(symbols)}" if symbols else "it has no column that names a symbol"
    return _listing(f"The file has no {only_symbol[:40]!r}: {held}.", symbols)


def _listing(message: str, symbols: Sequence[str]) -> InvalidData:
    error = refuse(
        message,
        hint=f"Choose one with only_symbol, for example only_symbol={symbols[0][:40]}." if symbols else None,
        kind="several_symbols" if len(symbols) > 1 else "symbol",
    )
    error.details = {**error.details, "symbols": [symbol[:60] for symbol in symbols[:100]]}
    return error


def _listed(symbols: Sequence[str]) -> str:
    shown = ", ".join(symbol[:24] for symbol in symbols[:_SHOWN])
    return f"{shown} and {len(symbols) - _SHOWN} more" if len(symbols) > _SHOWN else shown
