"""Objects that belong to somebody: found by those who may see them, and what staff did to them is written down."""

from typing import Any

from django.db.models import Model
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer

from strategy_api.accounts import audit
from strategy_api.common.etags import is_fresh
from strategy_api.common.queries import QueryValidationMixin

IMMUTABLE = "private, max-age=31536000, immutable"
UUID = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class OwnedViewSet(QueryValidationMixin, viewsets.GenericViewSet):
    """Objects that belong to somebody; for others they do not exist.

    `scopes` and `rates` map actions to the scope that they need and the limit that they count against; `problems` maps
    them to the error codes that are theirs alone.
    """

    filter_backends: list[Any] = []
    lookup_value_regex = UUID
    scopes: dict[str, str] = {}
    rates: dict[str, str] = {}
    problems: dict[str, tuple[str, ...]] = {}

    def get_serializer_context(self) -> dict[str, Any]:
        """Say which fields to send."""
        return {**super().get_serializer_context(), "only": getattr(self, "_only", None)}

    def get_object(self) -> Any:
        """Return the object of the address, if the caller may see it; staff see all."""
        found = super().get_object()
        audit.require_oversight(self.request, self.owner_of(found))
        self._found = (found, str(found.pk), self.owner_of(found))
        return found

    def owner_of(self, instance: Any) -> Any:
        """Return whose it is."""
        return instance.owner_id

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Log what staff did to somebody else's object, once it is done."""
        if response.status_code < 400 and hasattr(self, "_found"):
            found, pk, owner = self._found
            done = f"{request.method} {self.action}"
            audit.log_oversight(request, found, pk, owner, done)
        return super().finalize_response(request, response, *args, **kwargs)

    def page_of(self, rows: Any, serializer: type[ModelSerializer]) -> Response:
        """Answer with one page of rows."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(page, many=True, context=self.get_serializer_context()).data)

    def tagged(
        self, instance: Model, serializer: type[ModelSerializer], etag: str, *, immutable: bool = False
    ) -> Response:
        """Answer with an object and its ETag, or with 304 when the caller has it already.

        What is immutable may be kept by the caller for a year without asking again.
        """
        headers = {"ETag": etag, **({"Cache-Control": IMMUTABLE} if immutable else {})}
        if is_fresh(self.request, etag):
            return Response(status=304, headers=headers)
        return Response(serializer(instance, context=self.get_serializer_context()).data, headers=headers)
