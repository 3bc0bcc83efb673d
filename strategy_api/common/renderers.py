"""What answers look like on the wire."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.utils.encoders import JSONEncoder


def finite(value: Any) -> Any:
    """Return the value with NaN and infinity replaced by None, all the way down."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


class StrictJSONRenderer(JSONRenderer):
    """JSON that every parser reads: NaN and infinity are null."""

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return the document as UTF-8; half of a surrogate pair, echoed in an error, becomes a question mark."""
        try:
            return super().render(finite(data), *args, **kwargs)
        except UnicodeEncodeError:
            return json.dumps(finite(data), cls=JSONEncoder, ensure_ascii=False).encode("utf-8", "replace")


class ProblemRenderer(StrictJSONRenderer):
    """Errors, RFC 9457."""

    media_type = "application/problem+json"
    format = "problem"


class CSVRenderer(BaseRenderer):
    """A list of flat rows as CSV with a header line."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, *_: Any, **__: Any) -> str:
        """Return the text; rows are mappings with the same keys."""
        rows: Sequence[Mapping[str, Any]] = data
        text = io.StringIO()
        if rows:
            writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
        return text.getvalue()


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from running text as a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


class EventStreamRenderer(BaseRenderer):
    """Stands for Server-Sent Events in content negotiation; the view writes the stream itself."""

    media_type = "text/event-stream"
    format = "sse"
    charset = None

    def render(self, data: Any, *args: Any, **_: Any) -> bytes:
        """Render what is not a stream, which only errors are."""
        return StrictJSONRenderer().render(data)


class HTMLRenderer(BaseRenderer):
    """A finished HTML page."""

    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def render(self, data: Any, *_: Any, **__: Any) -> Any:
        """Return the page as it is."""
        return data
