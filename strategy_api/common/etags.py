"""ETags: reading again costs nothing when nothing changed, and writing over somebody else's change is refused."""

import hashlib

from django.utils.http import parse_etags
from rest_framework.request import Request

from strategy_api.common.exceptions import PreconditionFailed


def etag(text: str) -> str:
    """Return the tag of a state that the text describes in full."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def is_fresh(request: Request, tag: str) -> bool:
    """Say whether the client's copy, named by `If-None-Match`, is still right."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or tag in {known_tag.removeprefix("W/") for known_tag in known}


def require_match(request: Request, tag: str | None) -> None:
    """Raise `PreconditionFailed` unless the object is what `If-Match` names; None stands for an object that is gone."""
    header = request.headers.get("If-Match")
    if header is None:
        return
    # A compressed answer carries its tag as a weak one.
    wanted = {known.removeprefix("W/") for known in parse_etags(header)}
    if tag is None or not ("*" in wanted or tag in wanted):
        raise PreconditionFailed
