"""Examples for the OpenAPI document, by the name of the component; a test holds each against its schema.

Each app registers those of its own components.
"""

from collections.abc import Mapping
from typing import Any

BASE = "http://127.0.0.1:8000/api"
AT = "2026-03-02T09:30:00Z"

_bodies: dict[str, Any] = {}
_texts: dict[tuple[str, str], str] = {}


def register(bodies: Mapping[str, Any]) -> None:
    """Add examples of components."""
    _bodies.update(bodies)


def register_text(media_type: str, text: str, *, component: str = "") -> None:
    """Add an example of an answer that is no JSON."""
    _texts[media_type, component] = text


def text_of(media_type: str, component: str = "") -> str:
    """Return the example of an answer that is no JSON."""
    return _texts[media_type, component]


def of(component: str) -> Any:
    """Return the example of a component; a page or a list holds one row."""
    if component in _bodies:
        return _bodies[component]
    row = component.removeprefix("Paginated").removesuffix("List")
    if row in _bodies and component.startswith("Paginated"):
        return {"next": f"{BASE}/…/?cursor=WzEsIjIwMjYi", "previous": None, "results": [_bodies[row]]}
    return None
