"""The system call filter, as classic BPF: an allow list, a list that ends the process, and EPERM for the rest."""

import ctypes
import errno
import os
import struct

from backtest_engine.sandbox import kernel
from backtest_engine.sandbox.syscalls import ALLOWED, AUDIT_ARCHITECTURE, FATAL, MACHINE, NUMBERS

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL_PROCESS, _FAIL_WITH, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_DENY = _FAIL_WITH | errno.EPERM
_SYSCALL_NUMBER, _ARCHITECTURE = 0, 4
_X32_BIT = 0x40000000
_PROT_EXEC = 4
_F_GETFD, _F_GETFL = 1, 3
_SECCOMP_SET_MODE_FILTER = 1
# Stands in the assembled filter where the child writes its own process id.
_OWN_PID = 0x7EADBEEF

Instruction = tuple[int, int, int, int]


def _argument(index: int, *, high: bool = False) -> int:
    """Offset of a call's argument in what the kernel shows the filter; both machines are little-endian."""
    return 16 + 8 * index + (4 if high else 0)


def _do(code: int, value: int = 0, if_true: int = 0, if_false: int = 0) -> Instruction:
    return code, if_true, if_false, value


def _on(call: str, body: list[Instruction]) -> list[Instruction]:
    """Run the body, which must end in a return, when the call is made."""
    return [_do(_IF_EQUAL, NUMBERS[call], 0, len(body)), *body]


def assemble() -> list[Instruction]:
    """Return the filter's instructions for this machine."""
    program = [
        _do(_LOAD, _ARCHITECTURE),
        _do(_IF_EQUAL, AUDIT_ARCHITECTURE[MACHINE], 1, 0),
        _do(_RETURN, _KILL_PROCESS),
        _do(_LOAD, _SYSCALL_NUMBER),
    ]
    if MACHINE == "x86_64":
        program += [_do(_IF_AT_LEAST, _X32_BIT, 0, 1), _do(_RETURN, _KILL_PROCESS)]
    for name in ALLOWED:
        if name in NUMBERS:
            program += _on(name, [_do(_RETURN, _ALLOW)])
    for name in ("mmap", "mprotect"):
        program += _on(name, _memory_without_code())
    for name in ("kill", "tgkill"):
        program += _on(name, _only_itself())
    program += _on("prlimit64", _own_limits_read_only())
    program += _on("fcntl", _descriptor_flags_read_only())
    for name in FATAL:
        if name in NUMBERS:
            program += _on(name, [_do(_RETURN, _KILL_PROCESS)])
    # Says "no such call", so that a C library that tries it first falls back to clone, which is denied.
    program += _on("clone3", [_do(_RETURN, _FAIL_WITH | errno.ENOSYS)])
    return [*program, _do(_RETURN, _DENY)]


def _memory_without_code() -> list[Instruction]:
    return [_do(_LOAD, _argument(2)), _do(_IF_ANY_BIT, _PROT_EXEC, 0, 1), _do(_RETURN, _DENY), _do(_RETURN, _ALLOW)]


def _only_itself() -> list[Instruction]:
    return [_do(_LOAD, _argument(0)), _do(_IF_EQUAL, _OWN_PID, 0, 1), _do(_RETURN, _ALLOW), _do(_RETURN, _DENY)]


def _own_limits_read_only() -> list[Instruction]:
    """Allow prlimit64(0, resource, NULL, old): the new limit's pointer must be zero in both halves."""
    return [
        _do(_LOAD, _argument(0)),
        _do(_IF_EQUAL, 0, 0, 5),
        _do(_LOAD, _argument(2)),
        _do(_IF_EQUAL, 0, 0, 3),
        _do(_LOAD, _argument(2, high=True)),
        _do(_IF_EQUAL, 0, 0, 1),
        _do(_RETURN, _ALLOW),
        _do(_RETURN, _DENY),
    ]


def _descriptor_flags_read_only() -> list[Instruction]:
    """Other commands make descriptors or, as F_SETOWN does, have signals sent to processes."""
    return [
        _do(_LOAD, _argument(1)),
        _do(_IF_EQUAL, _F_GETFD, 1, 0),
        _do(_IF_EQUAL, _F_GETFL, 0, 1),
        _do(_RETURN, _ALLOW),
        _do(_RETURN, _DENY),
    ]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class Filter:
    """A filter that is assembled once and installed by each child after it has written in its own process id."""

    def __init__(self) -> None:
        instructions = assemble()
        packed = b"".join(struct.pack("<HBBI", *instruction) for instruction in instructions)
        self._buffer = ctypes.create_string_buffer(packed, len(packed))
        self._pid_offsets = [8 * i + 4 for i, instruction in enumerate(instructions) if instruction[3] == _OWN_PID]
        self._program = _Program(len(instructions), ctypes.addressof(self._buffer))

    def install(self) -> None:
        """Put the calling process under the filter for good; needs `no_new_privs`."""
        for offset in self._pid_offsets:
            struct.pack_into("<I", self._buffer, offset, os.getpid())
        kernel.call("seccomp", _SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(self._program))
