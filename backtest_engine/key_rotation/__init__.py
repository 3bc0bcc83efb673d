"""Several keys as one: quotas are booked before a request and settled after, and no key is tried that should rest."""

from backtest_engine.key_rotation.keys import ApiKey, FileStore, InvalidKeys, SecretStore, read_keys
from backtest_engine.key_rotation.ledger import (
    EVERY_PROJECT,
    BookedLedger,
    Busy,
    Candidate,
    Ledger,
    Reservation,
)
from backtest_engine.key_rotation.memory_ledger import MemoryLedger
from backtest_engine.key_rotation.pool import KeyPool
from backtest_engine.key_rotation.quota import Limits, Window, next_pacific_midnight, pacific_day
from backtest_engine.key_rotation.sqlite_ledger import SqliteLedger
from backtest_engine.key_rotation.vendor_errors import read_gemini, read_plain
from backtest_engine.key_rotation.vendor_words import Verdict

__all__ = [
    "EVERY_PROJECT",
    "ApiKey",
    "BookedLedger",
    "Busy",
    "Candidate",
    "FileStore",
    "InvalidKeys",
    "KeyPool",
    "Ledger",
    "Limits",
    "MemoryLedger",
    "Reservation",
    "SecretStore",
    "SqliteLedger",
    "Verdict",
    "Window",
    "next_pacific_midnight",
    "pacific_day",
    "read_gemini",
    "read_keys",
    "read_plain",
]
