"""Query strings: paging, filters, order, and which fields to send."""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView

from strategy_api.common.exceptions import InvalidQuery
from strategy_api.common.fields import NO_NUL, StrictSerializer

MAX_PAGE = 200
# Each is looked for in every row's texts.
MAX_WORDS = 10


@extend_schema_field({"type": "string", "maxLength": 200, "pattern": NO_NUL})
class SearchField(serializers.Field):
    """A short text to look for; an empty one looks for nothing."""

    default_error_messages = {
        "unsuitable": "Not a text of at most 200 characters.",
        "many": f"At most {MAX_WORDS} words can be looked for.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_internal_value(self, data: str) -> str:
        """Return the text."""
        if len(data) > 200 or "\x00" in data:
            self.fail("unsuitable")
        if len(data.split()) > MAX_WORDS:
            self.fail("many")
        return data


class PageSizeField(serializers.IntegerField):
    """A whole number, as addresses have them."""

    def __init__(self, *, most: int, default: int, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=most, default=default, **kwargs)


class QueryBooleanField(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth."""
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class FieldNamesField(serializers.Field):
    """Names with commas between them."""

    default_error_messages = {"unknown": "There is no field {name}; there are {known}."}

    def __init__(self, names: list[str], **kwargs: Any) -> None:
        self.names = names
        super().__init__(required=False, **kwargs)

    def to_internal_value(self, data: str) -> list[str]:
        """Return the names; refuse one that is not among ours."""
        wanted = [name.strip() for name in data.split(",")]
        for name in wanted:
            if name not in self.names:
                self.fail("unknown", name=repr(name[:50]), known=", ".join(self.names))
        return wanted


def one_of(choices: type[TextChoices], **kwargs: Any) -> serializers.ChoiceField:
    """Return a field that takes one of the choices."""
    return serializers.ChoiceField(choices=choices.choices, required=False, **kwargs)


def order_by(*names: str) -> serializers.ChoiceField:
    """Return the field that names an order; a minus sign turns it round."""
    directions = [sign + name for name in names for sign in ("-", "")]
    return serializers.ChoiceField(
        choices=directions, default=directions[0], help_text="A minus sign puts the largest or latest first."
    )


class PageQuery(StrictSerializer):
    """One page of a list, newest first."""

    page_size = PageSizeField(most=MAX_PAGE, default=50, help_text="Rows on a page.")
    cursor = SearchField(help_text="Where the page begins: take it from `next` or `previous`.")


class QueryValidationMixin(viewsets.ViewSetMixin, APIView):
    """Validates the query string: a parameter that is not known is refused, so a typing error is never ignored.

    `queries` maps an action to the serializer of its query string, `sparse` maps it to the representation whose
    `fields` can be chosen.
    """

    queries: dict[str, type[StrictSerializer]] = {}
    sparse: dict[str, type[ModelSerializer]] = {}
    query: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks, then what the query string says."""
        super().initial(request, *args, **kwargs)
        self._only: list[str] | None = None
        self.query = self._read_query(request) if self.action else {}

    def wanted(self) -> dict[str, Any]:
        """Return the filters of the query string, without how to page through the rows."""
        paging = ("page_size", "cursor", "ordering")
        return {name: value for name, value in self.query.items() if name not in paging}

    def _read_query(self, request: Request) -> dict[str, Any]:
        sent = {name: value for name, value in request.query_params.items() if name != "format"}
        try:
            if self.action in self.sparse and "fields" in sent:
                self._only = self._names(str(sent.pop("fields")))
            query = self.queries.get(self.action, StrictSerializer)(data=sent)
            query.is_valid(raise_exception=True)
        except ValidationError as error:
            raise InvalidQuery(error.detail) from error
        values: dict[str, Any] = query.validated_data
        return values

    def _names(self, text: str) -> list[str]:
        try:
            return FieldNamesField(list(self.sparse[self.action].Meta.fields)).to_internal_value(text)
        except ValidationError as error:
            raise ValidationError({"fields": error.detail}) from error
