"""Documents beside the OpenAPI document that are made from the code; an app registers the ones that it owns."""

from collections.abc import Callable

# The name of a file in docs/api, and what writes it.
DOCUMENTS: dict[str, Callable[[], str]] = {}


def register(name: str, text: Callable[[], str]) -> None:
    """Add a document; `manage.py api_docs` writes it."""
    DOCUMENTS[name] = text
