"""Counters in the cache that all processes share; each ends by itself."""

from django.core.cache import cache


def increase(key: str, seconds: int) -> int:
    """Count one more and return the count; whoever is first makes the counter, and how long it lasts."""
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out in between
        cache.set(key, 1, seconds)
        return 1
