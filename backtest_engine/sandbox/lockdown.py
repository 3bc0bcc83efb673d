"""Puts the walls up around the calling process, in the order that lets each later one be set."""

import errno
import os
import resource
import signal
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from backtest_engine.sandbox import kernel, landlock, seccomp, walls

NOBODY = 65534
_CAP_SETGID, _CAP_SETUID = 6, 7
_OPEN_DESCRIPTORS = 16


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Memory that the process has before the strategy comes: address space and data, in bytes."""

    address_space: int
    data: int

    @classmethod
    def measure(cls) -> "Footprint":
        """Read the caller's own footprint; needs /proc."""
        pages = [int(field) for field in Path("/proc/self/statm").read_text().split()]
        size = resource.getpagesize()
        return cls(address_space=pages[0] * size, data=pages[5] * size)


@dataclass(frozen=True, kw_only=True)
class Lock:
    """What a child needs for its own lockdown, prepared once by the zygote."""

    footprint: Footprint
    own_user: bool
    ruleset: int | None
    filter: seccomp.Filter

    def apply(
        self, *, standing: Collection[str], ruleset: int | None, cpu_seconds: int, memory_bytes: int, parent: int
    ) -> None:
        """Put up the walls that should stand. Raises `OSError` when one cannot be put up."""
        # Setting the signal after the parent has died would wait for a death that is over.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        if walls.IDENTITY in standing:
            self._give_up_identity()
            # A change of user clears it.
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        if walls.RESOURCES in standing:
            self._limit_resources(cpu_seconds, memory_bytes)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if walls.LANDLOCK in standing:
            if ruleset is None:
                raise OSError(errno.ENOSYS, "this kernel has no Landlock")
            landlock.restrict(ruleset)
        if ruleset is not None:
            os.close(ruleset)
        if walls.SECCOMP in standing:
            self.filter.install()

    def _give_up_identity(self) -> None:
        if self.own_user:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        kernel.drop_capabilities()

    def _limit_resources(self, cpu_seconds: int, memory_bytes: int) -> None:
        for kind, amount in {
            resource.RLIMIT_CPU: cpu_seconds,
            resource.RLIMIT_AS: self.footprint.address_space + memory_bytes,
            resource.RLIMIT_DATA: self.footprint.data + memory_bytes,
            resource.RLIMIT_STACK: 8 << 20,
            resource.RLIMIT_NOFILE: _OPEN_DESCRIPTORS,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_SIGPENDING: 64,
        }.items():
            _, hard = resource.getrlimit(kind)
            if hard != resource.RLIM_INFINITY:
                amount = min(amount, hard)
            resource.setrlimit(kind, (amount, amount))


def may_change_user() -> bool:
    """Whether the caller is root with the right to become nobody, which must exist in its user namespace."""
    if os.geteuid() != 0:
        return False
    status = Path("/proc/self/status").read_text()
    effective = int(next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1], 16)
    return (
        bool(effective >> _CAP_SETUID & 1)
        and bool(effective >> _CAP_SETGID & 1)
        and _maps_nobody("/proc/self/uid_map")
        and _maps_nobody("/proc/self/gid_map")
    )


def _maps_nobody(table: str) -> bool:
    ranges = [[int(field) for field in line.split()] for line in Path(table).read_text().splitlines()]
    return any(first <= NOBODY < first + count for first, _, count in ranges)
