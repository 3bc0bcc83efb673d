"""What all resources share: whose they are, what may stand behind the question mark, and what staff did is logged."""

from typing import Any

from django.db.models import Model
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView

from strategy_api import access
from strategy_api.conditional import is_fresh
from strategy_api.problems import InvalidQuery
from strategy_api.serializers.fields import Strict
from strategy_api.serializers.queries import Names

UUID = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class Questioned(viewsets.ViewSetMixin, APIView):
    """Takes nothing behind the question mark but what it knows: a typing error is not taken for the default.

    `queries` says what an action knows, `sparse` which actions take `fields`, and of which representation. `scopes` and
    `rates` map actions to the scope that they need and the limit they count on.
    """

    queries: dict[str, type[Strict]] = {}
    sparse: dict[str, type[ModelSerializer]] = {}
    scopes: dict[str, str] = {}
    rates: dict[str, str] = {}
    query: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in who may come in, then look at the question mark."""
        super().initial(request, *args, **kwargs)
        self._only: list[str] | None = None
        self.query = self._read_query(request) if self.action else {}

    def _read_query(self, request: Request) -> dict[str, Any]:
        sent = {name: value for name, value in request.query_params.items() if name != "format"}
        try:
            if self.action in self.sparse and "fields" in sent:
                self._only = self._names(str(sent.pop("fields")))
            query = self.queries.get(self.action, Strict)(data=sent)
            query.is_valid(raise_exception=True)
        except ValidationError as error:
            raise InvalidQuery(error.detail) from error
        values: dict[str, Any] = query.validated_data
        return values

    def _names(self, text: str) -> list[str]:
        try:
            return Names(list(self.sparse[self.action].Meta.fields)).to_internal_value(text)
        except ValidationError as error:
            raise ValidationError({"fields": error.detail}) from error


class Resource(Questioned, viewsets.GenericViewSet):
    """Objects that belong to somebody; for others they do not exist."""

    filter_backends: list[Any] = []
    lookup_value_regex = UUID

    def get_serializer_context(self) -> dict[str, Any]:
        """Say which fields to send."""
        return {**super().get_serializer_context(), "only": getattr(self, "_only", None)}

    def get_object(self) -> Any:
        """Return the object of the address, if the caller may see it; staff see all."""
        found = super().get_object()
        access.oversee(self.request, self.owner_of(found))
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
            access.log_oversight(request, found, pk, owner, done)
        return super().finalize_response(request, response, *args, **kwargs)

    def page_of(self, rows: Any, serializer: type[ModelSerializer]) -> Response:
        """Answer with one page of rows."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(page, many=True, context=self.get_serializer_context()).data)

    def tagged(self, instance: Model, serializer: type[ModelSerializer], etag: str) -> Response:
        """Answer with an object and its ETag, or with 304 when the caller has it already."""
        headers = {"ETag": etag}
        if is_fresh(self.request, etag):
            return Response(status=304, headers=headers)
        return Response(serializer(instance, context=self.get_serializer_context()).data, headers=headers)

    def wanted(self) -> dict[str, Any]:
        """Return what rows the query asks for, without how to page through them."""
        paging = ("page_size", "cursor", "ordering")
        return {name: value for name, value in self.query.items() if name not in paging}
