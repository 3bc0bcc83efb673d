"""Files that are either whole or absent, whatever kills the process that writes them."""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

from backtest_engine.errors import UnknownSymbol

_SYMBOL = re.compile(r"\^?[A-Za-z0-9][A-Za-z0-9=.&/:_+-]{0,38}", re.ASCII)
TEMPORARY = ".partial"


def write_atomically(path: Path, write: Callable[[BinaryIO], None], *, mode: int = 0o644) -> None:
    """Write a file beside its place, flush it to disk and rename it there; readers see the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_stem(symbol: str, interval: str | None = None) -> str:
    """Return the file name, without its ending, for a symbol; raise `UnknownSymbol` for what is no symbol."""
    if not _SYMBOL.fullmatch(symbol) or ".." in symbol:
        raise UnknownSymbol(
            f"{symbol[:40]!r} is no symbol.", hint="Use up to 40 letters, digits and any of ^ = . & / : _ + -"
        )
    # An underscore parts the symbol from the interval.
    stem = quote(symbol, safe="^=&+-.").replace("_", "%5F")
    return f"{stem}_{interval}" if interval else stem


def symbol_of(stem: str) -> str:
    """Return the symbol that a file stem stands for."""
    return unquote(stem)
