"""How busy the sockets of this process are."""

import time
from collections.abc import Callable

_started = time.monotonic()
_sent = 0
_open: Callable[[], dict[str, int]] = dict


def count_sent() -> None:
    """Count a message that went out."""
    global _sent  # one number a process
    _sent += 1


def watch(figures: Callable[[], dict[str, int]]) -> None:
    """Ask this function from now on how much is open."""
    global _open  # one source a process
    _open = figures


def figures() -> dict[str, float]:
    """Return open sockets, what they follow, messages sent, and seconds since the process started."""
    now = _open()
    return {
        "sockets": now.get("sockets", 0),
        "subscriptions": now.get("subscriptions", 0),
        "messages_sent": _sent,
        "uptime_seconds": round(time.monotonic() - _started, 3),
    }
