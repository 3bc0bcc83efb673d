"""Removing or thinning what is bulky and old. Each app adds what it keeps; what happened, and what came out, stays."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

Thin = Callable[[], int]

RULES: dict[str, Thin] = {}


def register(name: str) -> Callable[[Thin], Thin]:
    """Add a function that removes or thins rows and returns how many."""

    def add(thin: Thin) -> Thin:
        RULES[name] = thin
        return thin

    return add


def thin() -> dict[str, int]:
    """Apply every rule and return the counts."""
    counts = {name: rule() for name, rule in RULES.items()}
    logger.info("Thinned %s", counts)
    return counts
