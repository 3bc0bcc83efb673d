"""Bars on disk: a compressed archive as the durable copy, mapped float64 arrays for speed, one flight for each request.

    <folder>/datasets/ab/abcd….npz       exactly the bars of a fingerprint, and where they came from
    <folder>/mapped/ab/abcd….npy         the same as 6 rows of 8 bytes: time (int64 nanoseconds), open … volume
    <folder>/series/<source>/….npz       what a vendor was asked for so far
    <folder>/locks/                      one empty file for each series that was ever fetched

Every file is written beside its place and renamed, so that a reader finds it whole or not at all.
"""

import fcntl
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from backtest_engine.data.bar_file import ENDING, noted, read_bars, read_provenance, write_bars
from backtest_engine.data.bars import assemble, disassemble, fingerprint_of, lent
from backtest_engine.data.files import TEMPORARY, write_atomically
from backtest_engine.data.lru_cache import LRUCache
from backtest_engine.domain import Dataset
from backtest_engine.errors import InvalidData, RequestError

logger = logging.getLogger(__name__)

LIMIT_BYTES = 4 << 30
_ROWS = 6
_HEX = frozenset("0123456789abcdef")
# What a killed process left behind; nobody writes one file for longer.
_STALE_SECONDS = 3_600
# Eviction makes some room ahead, so that it does not run at every write.
_ROOM = 0.9
_SHARES = 16
_OPEN = 64


class Store:
    """A folder that remembers datasets by fingerprint and vendors' series by name, up to a size."""

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._verified: dict[str, tuple[int, int, int]] = {}
        self._opened: LRUCache[Dataset] = LRUCache(_OPEN)
        self._room = 0

    # --- datasets -----------------------------------------------------------------------------------------------

    def keep(self, dataset: Dataset) -> None:
        """Make sure that the dataset can be opened again by its fingerprint; cheap when it already is."""
        path = self._durable(dataset.fingerprint)
        if not path.exists():
            provenance = {
                "symbol": dataset.symbol,
                "interval": dataset.interval,
                "source": dataset.source,
                "notices": [notice.as_dict() for notice in dataset.notices],
            }
            write_bars(path, dataset.bars, provenance)
            self._make_room(path)

    def dataset(self, fingerprint: str) -> Dataset:
        """Return exactly the bars of a fingerprint; raise a `RequestError` with code `unknown_dataset`.

        The frame's memory is the mapped file, read-only and shared with every process that opened it.
        """
        self._refuse_other_text(fingerprint)
        path = self.mapped(fingerprint)
        known = self._opened.get(fingerprint)
        if known is not None and self._verified.get(fingerprint) == _identity(path):
            return lent(known)
        stamps, values = _map(path)
        identity = _identity(path)
        if self._verified.get(fingerprint) != identity:
            if fingerprint_of(stamps, values) != fingerprint:
                path.unlink(missing_ok=True)
                raise InvalidData(f"The stored bars {fingerprint[:12]}… were damaged and are removed from the cache.")
            self._verified[fingerprint] = identity
        facts = read_provenance(self._durable(fingerprint))
        opened = Dataset(
            symbol=str(facts.get("symbol", "")),
            interval=str(facts.get("interval", "")),
            source=str(facts.get("source", "")),
            bars=assemble(stamps, values),
            fingerprint=fingerprint,
            notices=noted(facts),
        )
        return lent(self._opened.put(fingerprint, opened))

    def mapped(self, fingerprint: str) -> Path:
        """Return the `.npy` file of a dataset, of shape (6, bars), for a process that maps it itself."""
        self._refuse_other_text(fingerprint)
        path = self._folder / "mapped" / fingerprint[:2] / f"{fingerprint}.npy"
        if path.exists():
            return path
        durable = self._durable(fingerprint)
        if not durable.exists():
            raise RequestError(
                f"There are no stored bars with the fingerprint {fingerprint[:12]}….",
                code="unknown_dataset",
                hint="They were never kept here, or were removed to make room.",
                details={"fingerprint": fingerprint},
            )
        bars, _ = read_bars(durable)
        stamps, values = disassemble(bars)
        whole = np.empty((_ROWS, len(stamps)))
        whole[0] = stamps.view(np.float64)
        whole[1:] = values

        def write(file: BinaryIO) -> None:
            np.save(file, whole, allow_pickle=False)

        write_atomically(path, write, mode=0o444)
        self._make_room(path)
        return path

    def _durable(self, fingerprint: str) -> Path:
        return self._folder / "datasets" / fingerprint[:2] / f"{fingerprint}{ENDING}"

    @staticmethod
    def _refuse_other_text(fingerprint: str) -> None:
        if len(fingerprint) != 64 or not set(fingerprint) <= _HEX:
            raise RequestError(
                f"{fingerprint[:70]!r} is no fingerprint.",
                code="unknown_dataset",
                hint="A fingerprint has 64 hexadecimal digits.",
            )

    # --- series -------------------------------------------------------------------------------------------------

    def series(self, source: str, name: str) -> tuple[pd.DataFrame, Mapping[str, Any]] | None:
        """Return what was fetched of a series so far and its provenance, None when nothing was or it is damaged."""
        path = self._series_path(source, name)
        if not path.exists():
            return None
        try:
            return read_bars(path)
        except InvalidData as error:
            logger.warning("Dropped a damaged series of %s: %s", source, error.message)
            path.unlink(missing_ok=True)
            return None

    def series_version(self, source: str, name: str) -> tuple[int, int, int] | None:
        """Return what changes whenever the series does, without reading it."""
        path = self._series_path(source, name)
        return _identity(path) if path.exists() else None

    def write_series(self, source: str, name: str, bars: pd.DataFrame, provenance: Mapping[str, Any]) -> None:
        """Replace a series; call it inside `one_flight`."""
        path = self._series_path(source, name)
        write_bars(path, bars, provenance)
        self._make_room(path)

    @contextmanager
    def one_flight(self, source: str, name: str) -> Iterator[None]:
        """Let only one thread of all processes fetch a series at a time; released by the system when it dies."""
        path = self._folder / "locks" / f"{source.replace(':', '_')}_{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _series_path(self, source: str, name: str) -> Path:
        return self._folder / "series" / source.replace(":", "_") / f"{name}{ENDING}"

    # --- size ---------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Return the bytes in use."""
        return sum(size for _, size, _ in self._files())

    def _make_room(self, written: Path) -> None:
        """Remove the oldest files beyond the limit: mapped ones first, since they can be written again."""
        self._room -= written.stat().st_size
        if self._room >= 0:
            return
        files = self._files()
        used = sum(size for _, size, _ in files)
        if used > self._limit:
            files.sort(key=lambda file: (file[0].suffix != ".npy", file[2]))
            for path, size, _ in files:
                if used <= self._limit * _ROOM:
                    break
                if path != written:
                    path.unlink(missing_ok=True)
                    used -= size
        # Other processes write too, so this one looks again long before the room it saw is used up.
        self._room = max(self._limit - used, 0) // _SHARES

    def _files(self) -> list[tuple[Path, int, float]]:
        found = []
        for root, _, names in os.walk(self._folder):
            for name in names:
                path = Path(root) / name
                with suppress(FileNotFoundError):
                    status = path.stat()
                    if name.endswith(TEMPORARY):
                        self._remove_stale(path, status.st_mtime)
                    elif not name.startswith(".") and not name.endswith(".lock"):
                        found.append((path, status.st_size, status.st_mtime))
        return found

    def _remove_stale(self, path: Path, written_at: float) -> None:
        marker = self._folder / ".now"
        marker.touch()
        # The file system's own clock: both times come from it.
        if marker.stat().st_mtime - written_at > _STALE_SECONDS:
            path.unlink(missing_ok=True)


def _map(path: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    try:
        whole = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        path.unlink(missing_ok=True)
        raise InvalidData(f"The mapped bars {path.name[:12]}… are damaged: {str(error)[:100]}.") from None
    if whole.shape[:1] != (_ROWS,) or whole.ndim != 2 or whole.dtype != np.float64:
        raise InvalidData(f"The mapped bars {path.name[:12]}… have another shape.")
    # A plain view: a frame over np.memmap pays for the subclass at every access. It keeps the map open.
    plain = np.asarray(whole).view(np.ndarray)
    return plain[0].view(np.int64), plain[1:]


def _identity(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
