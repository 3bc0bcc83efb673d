"""The kinds of run. A kind is one record; registering it gives its route, schema, limits, events and cancellation.

    PING = RunKind(name="ping", queue="maintenance", path="ping/", request=PingRequest, perform=ping,
                   summary="Ping", description="Answers.")
    kinds.register(PING)

Apps register theirs in a module called `kinds`, which is imported when Django starts.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User

from strategy_api.common.fields import StrictSerializer

if TYPE_CHECKING:
    from strategy_api.runs.worker import Job


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a run is about: an object by type and id, and its version where it has versions."""

    type: str
    id: uuid.UUID
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a run is made of."""

    parameters: Mapping[str, Any]
    subject: Subject | None = None


def as_asked(*, owner: User, subject: Any, asked: dict[str, Any]) -> Submission:
    """Take the validated request as the run's parameters."""
    return Submission(parameters=asked)


@dataclass(frozen=True, kw_only=True)
class RunKind:
    """Everything that is known of a kind of run.

    `path` is where it is asked for, below `/api/`. Where it has `{id}`, `find_subject` returns the object for a user,
    or raises `Http404`. `prepare` turns the validated request into a submission, and refuses what makes no sense.
    `perform` does the work, in a worker that listens to `queue`. `weight` counts against the limit of unfinished work
    of a user; `rate` names the limit of requests a minute. `problems` are error codes of the route alone. One without
    a path is submitted by a service, or as a child of other runs.
    """

    name: str
    queue: str
    perform: Callable[["Job"], None]
    request: type[StrictSerializer] = StrictSerializer
    path: str = ""
    summary: str = ""
    description: str = ""
    find_subject: Callable[[Any, uuid.UUID], Any] | None = None
    prepare: Callable[..., Submission] = as_asked
    rate: str = "write"
    weight: int = 1
    max_attempts: int | None = None
    problems: tuple[str, ...] = ()


MAINTENANCE = "maintenance"

_kinds: dict[str, RunKind] = {}


def register(kind: RunKind) -> RunKind:
    """Add a kind; two of one name are a mistake."""
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"There are two kinds of run called {kind.name!r}.")
    return kind


def unregister(kind: RunKind) -> None:
    """Forget a kind; for tests that bring their own."""
    _kinds.pop(kind.name, None)


def find(name: str) -> RunKind | None:
    """Return a kind by its name."""
    return _kinds.get(name)


def all_kinds() -> list[RunKind]:
    """Return every kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def names() -> list[str]:
    """Return the names of all kinds."""
    return sorted(_kinds)


def queues() -> list[str]:
    """Return every queue that a worker must listen to."""
    return sorted({MAINTENANCE, *(kind.queue for kind in _kinds.values())})


def beside(name: str) -> list[str]:
    """Return the kinds that wait in the same queue."""
    kind = _kinds.get(name)
    return [] if kind is None else [other.name for other in all_kinds() if other.queue == kind.queue]
