"""The ledger in SQLite, for all processes of one machine."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backtest_engine.key_rotation.ledger import BookedLedger, Clock
from backtest_engine.key_rotation.quota import Book, Window


class SqliteLedger(BookedLedger):
    """For all processes of one machine: the same steps, each inside one `BEGIN IMMEDIATE`."""

    SCHEMA = """
        CREATE TABLE IF NOT EXISTS book(
            project TEXT, model TEXT, content TEXT NOT NULL, PRIMARY KEY(project, model)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS quarantine(
            fingerprint TEXT PRIMARY KEY, until REAL NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
    """

    def __init__(self, path: Path, *, clock: Clock, window: Window | None = None) -> None:
        super().__init__(window=window or Window(), clock=clock)
        self._path = path
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(self.SCHEMA)

    @contextmanager
    def _open(self, pages: Sequence[tuple[str, str]]) -> Iterator[Any]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                stored = {page: self._fetch(connection, page) for page in pages}
                quarantined = {
                    name: (until, reason) for name, until, reason in connection.execute("SELECT * FROM quarantine")
                }
                books = {page: Book.from_json(json.loads(text)) if text else Book() for page, text in stored.items()}
                yield books, quarantined
                for page, book in books.items():
                    text = json.dumps(book.as_json(), separators=(",", ":"))
                    if text != stored[page]:
                        connection.execute("INSERT OR REPLACE INTO book VALUES(?, ?, ?)", (*page, text))
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def quarantine(self, fingerprint: str, *, seconds: float, reason: str) -> None:
        """Leave a key alone."""
        row = (fingerprint, self._clock() + seconds, reason)
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO quarantine VALUES(?, ?, ?)", row)

    @staticmethod
    def _fetch(connection: sqlite3.Connection, page: tuple[str, str]) -> str | None:
        row = connection.execute("SELECT content FROM book WHERE project = ? AND model = ?", page).fetchone()
        return row[0] if row else None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection, in autocommit mode."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = connection
        yield connection
