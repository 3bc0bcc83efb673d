"""Functions that are imported when they are first called: what only workers need must not slow every start down."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.utils.module_loading import import_string


def lazily(path: str) -> Callable[..., Any]:
    """Return a function that stands for the one at a dotted path."""

    @cache
    def function() -> Callable[..., Any]:
        found: Callable[..., Any] = import_string(path)
        return found

    def call(*arguments: Any, **named: Any) -> Any:
        return function()(*arguments, **named)

    return call
