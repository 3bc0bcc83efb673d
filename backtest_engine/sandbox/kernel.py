"""The few kernel interfaces that Python has no name for."""

import ctypes
import os
from typing import Any

from backtest_engine.sandbox.syscalls import NUMBERS

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.prctl.restype = ctypes.c_int


def call(name: str, *arguments: Any) -> int:
    """Make a system call by name; integers are passed as 64-bit words. Raises `OSError`."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(libc.syscall(ctypes.c_long(NUMBERS[name]), *words), name)


def prctl(option: int, value: int = 0) -> int:
    """Set a process attribute of the caller. Raises `OSError`."""
    zero = ctypes.c_ulong(0)
    return _checked(libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


def close_descriptors_from(first: int) -> None:
    """Close every descriptor numbered `first` or higher."""
    call("close_range", first, 0xFFFFFFFF, 0)


def drop_capabilities() -> None:
    """Empty the permitted, effective, inheritable and ambient sets; they cannot be regained."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = _CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4)
    call("capset", header, bytes(24))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return int(result)
