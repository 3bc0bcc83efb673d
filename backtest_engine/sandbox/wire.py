"""What crosses the border, in both directions: no pickles, only lengths, JSON and plain arrays.

A job travels in one block of shared memory: a four-byte length, a JSON header, the source code, and from the next
multiple of eight the index as int64 and each column as float64.
"""

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_WORD = 8
_HEADER_LENGTH = struct.Struct("<I")
GO = struct.Struct("<Q")


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars:
    """Bars as plain arrays: `index` int64 (n,), counted in `unit` since 1970, and `values` float64 (columns, n)."""

    index: np.ndarray[Any, np.dtype[np.int64]]
    unit: str
    values: np.ndarray[Any, np.dtype[np.float64]]
    columns: tuple[str, ...]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Bars":
        """Return the arrays of a frame with a naive `DatetimeIndex`."""
        index = frame.index
        if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
            raise TypeError("bars need a time-zone-naive DatetimeIndex")
        values = np.ascontiguousarray(frame.to_numpy(dtype="<f8").T)
        return cls(
            index=index.asi8.astype("<i8", copy=False), unit=index.unit, values=values, columns=tuple(frame.columns)
        )

    def __len__(self) -> int:
        return len(self.index)

    def head(self, bars: int) -> "Bars":
        """Return the first bars only, in memory of their own."""
        return Bars(
            index=self.index[:bars].copy(),
            unit=self.unit,
            values=np.ascontiguousarray(self.values[:, :bars]),
            columns=self.columns,
        )

    def after(self, bars: int) -> "Bars":
        """Return the bars that follow the first so many."""
        return Bars(index=self.index[bars:], unit=self.unit, values=self.values[:, bars:], columns=self.columns)

    def to_frame(self) -> pd.DataFrame:
        """Return the frame that these arrays came from."""
        index = pd.DatetimeIndex(self.index.view(f"<M8[{self.unit}]"))
        return pd.DataFrame(self.values.T, index=index, columns=list(self.columns), copy=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """One strategy run as the child needs it: JSON-able `broker` and `parameters`.

    `script` says whether the file is run up to its own backtest: to `run` what that is given, or only to `read` it.
    """

    code: str
    bars: Bars
    broker: Mapping[str, Any]
    parameters: Mapping[str, Any]
    orders: int
    script: str = ""


def write_job(descriptor: int, job: Job) -> int:
    """Write the job into shared memory and return its length in bytes."""
    source = job.code.encode("utf-8", "surrogatepass")
    header = json.dumps(
        {
            "source": len(source),
            "bars": len(job.bars),
            "unit": job.bars.unit,
            "columns": job.bars.columns,
            "broker": dict(job.broker),
            "parameters": dict(job.parameters),
            "orders": job.orders,
            "script": job.script,
        }
    ).encode()
    text = _HEADER_LENGTH.pack(len(header)) + header + source
    text += bytes(-len(text) % _WORD)
    parts = [memoryview(text), *(array.reshape(-1).view(np.uint8).data for array in (job.bars.index, job.bars.values))]
    for part in parts:
        _write_all(descriptor, part)
    return sum(len(part) for part in parts)


def read_job(descriptor: int, length: int) -> Job:
    """Read the job that `write_job` wrote. Its arrays cannot be written to."""
    block = _read_all(descriptor, length)
    (header_length,) = _HEADER_LENGTH.unpack_from(block)
    start = _HEADER_LENGTH.size
    header = json.loads(block[start : start + header_length])
    start += header_length
    code = block[start : start + header["source"]].decode("utf-8", "surrogatepass")
    start += header["source"]
    start += -start % _WORD
    count, columns = header["bars"], tuple(header["columns"])
    index = np.frombuffer(block, "<i8", count, start)
    values = np.frombuffer(block, "<f8", count * len(columns), start + _WORD * count)
    bars = Bars(index=index, unit=header["unit"], values=values.reshape(len(columns), count), columns=columns)
    stated = {name: header[name] for name in ("broker", "parameters", "orders", "script")}
    return Job(code=code, bars=bars, **stated)


def _write_all(descriptor: int, part: memoryview) -> None:
    while part:
        part = part[os.write(descriptor, part) :]


def _read_all(descriptor: int, length: int) -> bytes:
    chunks = []
    while length:
        chunk = os.read(descriptor, length)
        if not chunk:
            raise EOFError("the job ended early")
        chunks.append(chunk)
        length -= len(chunk)
    return b"".join(chunks)
