"""Log lines that say which request and which run they belong to, as text or as JSON."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
run_id: ContextVar[str] = ContextVar("run_id", default="-")


class ContextFilter(logging.Filter):
    """Adds `request_id` and `run_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass, labelled."""
        record.request_id = request_id.get()
        record.run_id = run_id.get()
        return True


@contextmanager
def about_run(run: uuid.UUID) -> Iterator[None]:
    """Label what is logged inside."""
    token = run_id.set(str(run))
    try:
        yield
    finally:
        run_id.reset(token)
