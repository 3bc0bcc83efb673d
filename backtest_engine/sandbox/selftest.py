"""Proves the walls before the first strategy runs: each alone, then all together, by the code path that runs jobs.

One wall can hide that another is missing, so each is first tried on its own: Landlock answers EACCES where the system
call filter answers EPERM.
"""

import json
import logging
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backtest_engine.domain import BrokerSettings, Limits
from backtest_engine.errors import SandboxUnavailable
from backtest_engine.sandbox import probes
from backtest_engine.sandbox.client import Ending, Sandbox
from backtest_engine.sandbox.lockdown import NOBODY
from backtest_engine.sandbox.syscalls import FATAL, MACHINE, NUMBERS
from backtest_engine.sandbox.walls import DESCRIPTORS, IDENTITY, LANDLOCK, RESOURCES, SECCOMP, WALLS
from backtest_engine.sandbox.wire import Bars, Job
from backtest_engine.simulation.house import terms_of

logger = logging.getLogger(__name__)

_X32_GETPID = 0x40000000 + 39
_NETWORK_SINCE = 4
_PROBE_SECONDS = 5.0
_ENDLESS_SECONDS = 0.2
_REFUSED = frozenset({"refused", "EPERM", "EACCES"})
_FATAL_PROBED = ("ptrace", "process_vm_readv", "bpf", "io_uring_setup", "unshare", "mount", "keyctl", "userfaultfd")


@dataclass(frozen=True, kw_only=True)
class SandboxReport:
    """What the self-test found: `available` says whether strategies may run, `problems` why not.

    `missing` are walls that the operator chose to do without.
    """

    available: bool
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as the CLI and the readiness check show it."""
        return {
            "available": self.available,
            "problems": list(self.problems),
            "walls": {name: {"stands": self._stands(name), "stops": stops} for name, stops in WALLS.items()},
            "missing": list(self.missing),
            "notes": list(self.notes),
            "facts": dict(self.facts),
            "attempts": self.attempts,
            "seconds": round(self.seconds, 3),
        }

    def _stands(self, wall: str) -> bool:
        if self.available:
            return wall not in self.missing
        return bool(self.facts) and not any(problem.startswith((wall, "together")) for problem in self.problems)


def sandbox_check(
    *, limits: Limits | None = None, allow_missing_walls: Collection[str] = (), python: str = sys.executable
) -> SandboxReport:
    """Start a sandbox, try its walls, end it, and return what was found. Never raises for a sandbox that is missing."""
    with Sandbox(limits=limits, without_walls=allow_missing_walls, python=python, spares=0) as sandbox:
        return self_test(sandbox)


def self_test(sandbox: Sandbox) -> SandboxReport:
    """Try the walls of a sandbox; takes under a second."""
    began = time.perf_counter()
    missing = tuple(name for name in WALLS if name not in sandbox.standing)
    test = _SelfTest(sandbox)
    try:
        test.run()
    except SandboxUnavailable as error:
        test.problems.append(error.message)
    notes = [] if test.facts.get("own_user") else [_SAME_USER]
    if missing:
        logger.warning("The sandbox runs without these walls, as configured: %s", ", ".join(missing))
    return SandboxReport(
        available=not test.problems,
        problems=tuple(test.problems),
        missing=missing,
        notes=tuple(notes) if test.facts else (),
        facts=test.facts,
        attempts=test.attempts,
        seconds=time.perf_counter() - began,
    )


class _SelfTest:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._bars = _flat_bars()
        self.problems: list[str] = []
        self.facts: dict[str, Any] = {}
        self.attempts = 0

    def run(self) -> None:
        self.facts = self._sandbox.facts
        if LANDLOCK in self._sandbox.standing and not self.facts["landlock"]:
            raise SandboxUnavailable(
                f"The kernel ({self.facts['kernel']}) has no Landlock: it needs Linux 5.13 or newer with "
                "CONFIG_SECURITY_LANDLOCK, switched on in the lsm= boot option."
            )
        for wall, (source, check) in self._alone().items():
            if wall in self._sandbox.standing:
                self._judge(f"{wall} alone", self._found(source, walls=frozenset({wall})), check)
        if self._sandbox.standing >= {SECCOMP, RESOURCES}:
            self._judge("together", self._found(probes.TOGETHER), {})
        if SECCOMP in self._sandbox.standing:
            for name, number in _fatal_numbers():
                self._expect(self._run(probes.fatal_call(number)).signal == signal.SIGSYS, f"{name} does not end a run")
        ending = self._run(probes.ENDLESS, seconds=_ENDLESS_SECONDS)
        self._expect(ending.killed_for == "wall_time_limit", "a run past its time is not ended")

    def _alone(self) -> dict[str, tuple[str, Mapping[str, Collection[str]]]]:
        """Return each wall's probe, and for some attempts the only outcomes that are right."""
        landlocked: dict[str, Collection[str]] = {"*": {"EACCES"}}
        if self.facts["landlock"] < _NETWORK_SINCE:
            landlocked["connect"] = {"EACCES", "ECONNREFUSED"}
        filtered: dict[str, Collection[str]] = {"*": {"EPERM"}, "thread": {"refused"}, "raise a limit": {"refused"}}
        user = {"user": {" ".join([str(NOBODY)] * 4)}} if self.facts["own_user"] else {"user": _ANY}
        return {
            DESCRIPTORS: (probes.DESCRIPTORS, {}),
            IDENTITY: (
                probes.IDENTITY,
                {**user, "become root again": _ANY if not self.facts["own_user"] else {"EPERM"}},
            ),
            RESOURCES: (probes.RESOURCES, {}),
            LANDLOCK: (probes.LANDLOCK, landlocked),
            SECCOMP: (probes.SECCOMP, filtered),
        }

    def _judge(self, where: str, found: Mapping[str, str] | None, right: Mapping[str, Collection[str]]) -> None:
        if found is None:
            self.problems.append(f"{where}: the probe did not report")
            return
        for attempt, outcome in found.items():
            wanted = right.get(attempt, right.get("*", _REFUSED))
            self._expect(wanted is _ANY or outcome in wanted, f"{where}: {attempt}: {outcome}")

    def _expect(self, holds: bool, problem: str) -> None:
        self.attempts += 1
        if not holds:
            self.problems.append(problem)

    def _found(self, source: str, *, walls: frozenset[str] | None = None) -> dict[str, str] | None:
        ending = self._run(source, walls=walls)
        _, mark, rest = ending.log.partition("PROBE ")
        try:
            found = json.loads(rest.partition("\n")[0]) if mark else None
        except ValueError:
            return None
        return found if type(found) is dict else None

    def _run(self, source: str, *, walls: frozenset[str] | None = None, seconds: float = _PROBE_SECONDS) -> Ending:
        limits = Limits(
            wall_seconds=seconds,
            cpu_seconds=self._sandbox.limits.cpu_seconds,
            memory_bytes=self._sandbox.limits.memory_bytes,
        )
        job = Job(code=source, bars=self._bars, broker=terms_of(BrokerSettings(), step=None), parameters={}, orders=1)
        return self._sandbox.run(job, limits=limits, walls=walls)


def _fatal_numbers() -> Iterator[tuple[str, int]]:
    for name in _FATAL_PROBED:
        if name in FATAL and name in NUMBERS:
            yield name, NUMBERS[name]
    if MACHINE == "x86_64":
        yield "a call by its x32 number", _X32_GETPID


def _flat_bars() -> Bars:
    count = 5
    return Bars(
        index=np.arange(count, dtype=np.int64) * 86_400,
        unit="s",
        values=np.ones((5, count)),
        columns=("Open", "High", "Low", "Close", "Volume"),
    )


# Any outcome is right.
_ANY: frozenset[str] = frozenset()
_SAME_USER = (
    "Strategies run as the worker's own user: it is not root, or may not change users. "
    "The other walls keep them from its processes and files."
)
