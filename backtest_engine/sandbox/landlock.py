"""Landlock: the kernel's own rule that this process may open no file, connect and bind no TCP socket, signal nobody."""

import ctypes
import struct

from backtest_engine.sandbox import kernel

# Rights that each version of the interface added, as bits of the ruleset's three words (linux/landlock.h).
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_NETWORK_RIGHTS = {4: 0b11}
_SCOPES = {6: 0b11}


def version() -> int:
    """Return the kernel's Landlock version, 0 where there is none."""
    try:
        return kernel.call("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def create_ruleset() -> int:
    """Return the descriptor of a ruleset that handles every right this kernel knows, and grants none."""
    known = version()
    words = [sum(bits for since, bits in rights.items() if since <= known) for rights in (_FILE_RIGHTS,)]
    if known >= min(_NETWORK_RIGHTS):
        words.append(sum(_NETWORK_RIGHTS.values()))
    if known >= min(_SCOPES):
        words.append(sum(_SCOPES.values()))
    attributes = struct.pack(f"<{len(words)}Q", *words)
    return kernel.call("landlock_create_ruleset", ctypes.c_char_p(attributes), len(attributes), 0)


def restrict(ruleset: int) -> None:
    """Put the calling process under the ruleset for good; needs `no_new_privs`."""
    kernel.call("landlock_restrict_self", ruleset, 0)
