"""Lists a page at a time, by the last row's place in the order: stable while rows are added, fast however deep."""

import base64
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from backtest_engine.data.dates import EARLIEST, LATEST
from strategy_api.common.exceptions import InvalidCursor

# Stands for a figure that is missing, so that failures come last in whichever direction.
_LOWEST, _HIGHEST = -1.7e308, 1.7e308
_PLACE = "place_in_order"


class Keyset(BasePagination):
    """Pages of `page_size` rows in the view's order; `next` and `previous` are addresses."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page of rows; raise for a cursor that is not ours."""
        self._address = request.build_absolute_uri()
        self._ordering = str(view.query.get("ordering", "-created_at"))
        self._place, rows = _placed(queryset, self._ordering)
        size = view.query["page_size"]
        cursor = view.query.get("cursor") or ""
        backwards, after = self._read(cursor, rows) if cursor else (False, None)
        found = list(self._from(rows, after, backwards=backwards)[: size + 1])
        more, found = len(found) > size, found[:size]
        if backwards:
            found.reverse()
        self._next = self._write(found[-1:], backwards=False) if more or backwards else None
        self._previous = self._write(found[:1], backwards=True) if (more if backwards else after) else None
        return found

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the addresses of its neighbours."""
        return Response({"next": self._next, "previous": self._previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def _from(self, rows: QuerySet, after: tuple[Any, Any] | None, *, backwards: bool) -> QuerySet:
        falling = self._ordering.startswith("-") is not backwards
        sign, beyond = ("-", "lt") if falling else ("", "gt")
        rows = rows.order_by(f"{sign}{self._place}", f"{sign}pk")
        if after is None:
            return rows
        value, pk = after
        tied = Q(**{self._place: value, f"pk__{beyond}": pk})
        # The first condition says nothing new; it lets the database start at the right place of the index.
        return rows.filter(Q(**{f"{self._place}__{beyond}e": value}), Q(**{f"{self._place}__{beyond}": value}) | tied)

    def _read(self, cursor: str, rows: QuerySet) -> tuple[bool, tuple[Any, Any]]:
        try:
            padded = cursor.encode() + b"=" * (-len(cursor) % 4)
            backwards, ordering, value, pk = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            place = self._value(value, rows)
            key = _sound(rows.model._meta.pk.to_python(pk))
        except (ValueError, TypeError, ValidationError, RecursionError, OverflowError) as error:
            raise InvalidCursor from error
        if ordering != self._ordering or not isinstance(backwards, bool) or key is None or place is None:
            raise InvalidCursor
        return backwards, (place, key)

    def _value(self, value: Any, rows: QuerySet) -> Any:
        if self._place == _PLACE:
            return _sound(float(value))
        return _sound(rows.model._meta.get_field(self._place).to_python(value))

    def _write(self, edge: Sequence[Any], *, backwards: bool) -> str | None:
        if not edge:
            return None
        place = getattr(edge[0], self._place)
        value = place if isinstance(place, int | float | str) else place.isoformat()
        text = json.dumps([backwards, self._ordering, value, str(edge[0].pk)], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        address: str = replace_query_param(self._address, "cursor", cursor)
        return address


def _sound(value: Any) -> Any:
    """Return a value that a database can look for; raise `ValueError` for one that is in no row."""
    if isinstance(value, str):
        value.encode()
        if "\x00" in value:
            raise ValueError("NUL")
    elif isinstance(value, datetime):
        value = value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
        if not EARLIEST <= value < LATEST:
            raise ValueError("a time of another world")
    elif isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _HIGHEST):
        raise ValueError("no number of a row")
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise ValueError("no number of a row")
    return value


def _placed(rows: QuerySet, ordering: str) -> tuple[str, QuerySet]:
    """Return what to order by; a figure that may be missing gets a stand-in."""
    name = ordering.lstrip("-")
    if not rows.model._meta.get_field(name).null:
        return name, rows
    missing = Value(_LOWEST if ordering.startswith("-") else _HIGHEST)
    return _PLACE, rows.annotate(**{_PLACE: Coalesce(F(name), missing, output_field=FloatField())})
