"""A message broker that is a directory: enough for one machine, and safe against a process dying at any moment.

kombu's own `filesystem` transport can hand out half-written messages and forgets what a killed worker held. Here a
message is published by an atomic rename, claimed by a rename into its consumer's folder, and removed when it is
acknowledged. A consumer holds a lock on its folder; when the lock is free the consumer is dead, and whoever looks
next puts its messages back.

    DIRECTORY/queues/QUEUE/TIME-ID.json      waiting, oldest name first
    DIRECTORY/consumers/ID/lock              held by a living consumer
    DIRECTORY/consumers/ID/QUEUE@TIME-ID.json    delivered and not yet acknowledged

Only direct exchanges are served: nothing here depends on remote control, gossip or events.
"""

import contextlib
import fcntl
import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual

SCHEME = "algoagent-directory"
SECONDS_BETWEEN_RESCUES = 1.0
QUEUE_NAME = re.compile(r"[\w.-]+", re.ASCII)


def register() -> None:
    """Teach kombu the URL scheme."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


class Spool:
    """The directory itself; every method is safe against other processes doing the same at the same time."""

    def __init__(self, directory: Path) -> None:
        self.queues = directory / "queues"
        self.consumers = directory / "consumers"
        self.queues.mkdir(parents=True, exist_ok=True)
        self.consumers.mkdir(exist_ok=True)
        self._home: Path | None = None
        self._owner_pid = 0
        self._lock: int | None = None
        self._next_rescue = 0.0

    def queue(self, name: str) -> Path:
        """Return the folder of a queue, made if need be."""
        if not QUEUE_NAME.fullmatch(name) or not name.strip("."):
            raise ValueError(f"Not a queue name: {name!r}")
        folder = self.queues / name
        folder.mkdir(exist_ok=True)
        return folder

    def put(self, queue: str, message: dict[str, Any]) -> None:
        """Publish: a reader sees the whole message or none."""
        folder = self.queue(queue)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        partial = folder / f".{name}"
        with partial.open("w") as file:
            file.write(json.dumps(message))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(folder / name)

    def claim(self, queue: str) -> tuple[dict[str, Any], Path]:
        """Take the oldest message that nobody else took; raise `Empty`."""
        self.rescue()
        for waiting in self.waiting(queue):
            held = self.home() / f"{queue}@{waiting.name}"
            try:
                waiting.rename(held)
            except FileNotFoundError:
                continue
            return json.loads(held.read_text()), held
        raise Empty

    def waiting(self, queue: str) -> list[Path]:
        """Return the messages of a queue, oldest first."""
        return sorted(path for path in self.queue(queue).iterdir() if not path.name.startswith("."))

    def give_back(self, held: Path) -> None:
        """Return a delivered message to its queue, in its old place."""
        queue, _, name = held.name.partition("@")
        with contextlib.suppress(FileNotFoundError):
            held.rename(self.queue(queue) / name)

    def home(self) -> Path:
        """Return this process's own folder, locked for as long as the process lives."""
        if self._home is None or self._owner_pid != os.getpid():
            home = self.consumers / uuid.uuid4().hex
            home.mkdir()
            # A POSIX record lock: unlike flock it does not live on in a forked child.
            self._lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
            fcntl.lockf(self._lock, fcntl.LOCK_EX)
            self._home, self._owner_pid = home, os.getpid()
        return self._home

    def rescue(self) -> None:
        """Put back what dead consumers held."""
        if time.monotonic() < self._next_rescue:
            return
        self._next_rescue = time.monotonic() + SECONDS_BETWEEN_RESCUES
        home = self.home()
        for other in self.consumers.iterdir():
            if other != home:
                with self._lock_of_the_dead(other) as dead:
                    if dead:
                        for held in other.glob("*@*.json"):
                            self.give_back(held)
                        (other / "lock").unlink(missing_ok=True)
                        with contextlib.suppress(OSError):
                            other.rmdir()

    @contextlib.contextmanager
    def _lock_of_the_dead(self, folder: Path) -> Iterator[bool]:
        try:
            descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            # Being born (no lock yet) or being buried (no lock any more): the next look will tell.
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > 60:
                    folder.rmdir()
            yield False
            return
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)


_spools: dict[tuple[int, str], Spool] = {}


def _spool(directory: str) -> Spool:
    # One a process: a second descriptor on the same lock file would release the lock when closed.
    key = (os.getpid(), directory)
    if key not in _spools:
        _spools[key] = Spool(Path(directory))
    return _spools[key]


class QoS(virtual.QoS):
    """Acknowledging removes the file."""

    def ack(self, delivery_tag: str) -> None:
        self.channel.forget(self._delivered.get(delivery_tag))
        super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        message = self._delivered.get(delivery_tag)
        super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        self.channel.forget(message)


class Channel(virtual.Channel):
    """What kombu asks of a transport, in terms of the spool."""

    QoS = QoS
    supports_fanout = False

    @property
    def spool(self) -> Spool:
        return _spool(self.connection.client.transport_options["directory"])

    def _new_queue(self, queue: str, **_: Any) -> None:
        self.spool.queue(queue)

    def _has_queue(self, queue: str, **_: Any) -> bool:
        return (self.spool.queues / queue).is_dir()

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        self.spool.put(queue, message)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        message, held = self.spool.claim(queue)
        message["properties"]["held"] = str(held)
        return message

    def _size(self, queue: str) -> int:
        return len(self.spool.waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self.spool.waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _delete(self, queue: str, *_: Any, **__: Any) -> None:
        self._purge(queue)

    def _restore(self, message: Any) -> None:
        self.spool.give_back(Path(message.properties["held"]))

    def _restore_at_beginning(self, message: Any) -> None:
        self._restore(message)

    def forget(self, message: Any) -> None:
        """Remove a delivered message for good."""
        if message is not None:
            Path(message.properties["held"]).unlink(missing_ok=True)


class Transport(virtual.Transport):
    """The transport that `algoagent-directory://` names."""

    Channel = Channel
    driver_type = driver_name = "directory"
    implements = virtual.Transport.implements.extend(
        asynchronous=False, exchange_type=frozenset({"direct"}), heartbeats=False
    )

    def driver_version(self) -> str:
        return "1"
