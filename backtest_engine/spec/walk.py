"""Visit the pieces of a specification."""

from collections.abc import Iterator
from typing import TypeVar

from backtest_engine.spec.base import Part

P = TypeVar("P", bound=Part)


def parts(root: Part) -> Iterator[Part]:
    """Yield the part and everything inside it, outermost first, in reading order."""
    yield root
    for item in _inside(root):
        yield from parts(item)


def parts_of(root: Part, kind: type[P]) -> Iterator[P]:
    """Yield the pieces of one kind, outermost first."""
    return (part for part in parts(root) if isinstance(part, kind))


def parts_outside(root: Part, kind: type[Part]) -> Iterator[Part]:
    """Yield the part and what is inside it, as `parts` does, but nothing of what is inside a piece of one kind."""
    yield root
    if isinstance(root, kind):
        return
    for item in _inside(root):
        yield from parts_outside(item, kind)


def _inside(root: Part) -> Iterator[Part]:
    for name in type(root).model_fields:
        value = getattr(root, name)
        yield from (item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Part))
