"""Visit the pieces of a specification."""

from collections.abc import Iterator
from typing import TypeVar

from backtest_engine.spec.base import Part

P = TypeVar("P", bound=Part)


def parts(root: Part) -> Iterator[Part]:
    """Yield the part and everything inside it, outermost first, in reading order."""
    yield root
    for name in type(root).model_fields:
        value = getattr(root, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Part):
                yield from parts(item)


def parts_of(root: Part, kind: type[P]) -> Iterator[P]:
    """Yield the pieces of one kind, outermost first."""
    return (part for part in parts(root) if isinstance(part, kind))
