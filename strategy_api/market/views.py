"""Market data: what there is, the bars themselves, and a way to bring one's own."""

from datetime import UTC, datetime, time
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.utils.urls import replace_query_param

from strategy_api.accounts.idempotency import Answer, answer_long, keyed
from strategy_api.accounts.permissions import caller
from strategy_api.common.disconnects import client_is_gone
from strategy_api.common.exceptions import Contradiction
from strategy_api.common.openapi.schema import json_or_csv
from strategy_api.common.parsers import CSVUploadParser, Upload, taken_in
from strategy_api.common.queries import QueryValidationMixin
from strategy_api.common.renderers import CSVRenderer, StrictJSONRenderer
from strategy_api.market import bars as market_bars
from strategy_api.market.serializers import (
    BarPage,
    BarQuery,
    DatasetDetail,
    ImportDeletionQuery,
    ImportQuery,
    SymbolQuery,
    SymbolRow,
)


class DataViewSet(QueryValidationMixin, viewsets.ViewSet):
    """The installation's market data, and what the caller imported."""

    queries = {"symbols": SymbolQuery, "bars": BarQuery, "import_": ImportQuery, "delete_import": ImportDeletionQuery}
    rates = {"import_": "import"}
    problems = {
        "bars": ("unknown_symbol", "dates_outside_data", "unsupported_interval", "invalid_data", "data_unavailable"),
        "import_": ("no_file", "invalid_data", "unsupported_interval", "unknown_symbol", "busy"),
    }

    @extend_schema(
        operation_id="data_symbols_list",
        summary="List the symbols",
        description="What the data sources hold themselves, your own imports first; a vendor may serve more.",
        responses=SymbolRow(many=True),
    )
    @action(detail=False, methods=["get"])
    def symbols(self, request: Request) -> Response:
        """Return every listing that contains the words."""
        found = market_bars.symbols(owner=caller(request).pk, search=self.query.get("search", ""))
        return Response(SymbolRow(found, many=True).data)

    @extend_schema(
        operation_id="data_bars_list",
        summary="Show bars",
        description=(
            "Oldest first, a page at a time: `next` is the address of the following page. As CSV the rows alone; the "
            "header `Link` then names the next page."
        ),
        responses=json_or_csv(BarPage, many=False),
    )
    @action(detail=False, methods=["get"], renderer_classes=[StrictJSONRenderer, CSVRenderer])
    def bars(self, request: Request) -> Response:
        """Return one page of bars."""
        asked = self.query
        start, end = asked.get("start_date"), asked.get("end_date")
        if start and end and start > end:
            raise Contradiction({"end_date": ["The end date is before the start date."]})
        dataset = market_bars.load(
            owner=caller(request).pk,
            symbol=asked["symbol"],
            interval=asked.get("interval"),
            start=datetime.combine(start, time.min, tzinfo=UTC) if start else None,
            end=datetime.combine(end, time.max, tzinfo=UTC) if end else None,
        )
        rows, after = market_bars.page(dataset, after=asked.get("after"), size=asked["page_size"])
        address = replace_query_param(request.build_absolute_uri(), "after", after) if after else None
        headers = {"Link": f'<{address}>; rel="next"'} if address else {}
        if isinstance(request.accepted_renderer, CSVRenderer):
            return Response(rows, headers=headers)
        return Response({"next": address, "dataset": market_bars.described(dataset), "results": rows}, headers=headers)

    @extend_schema(
        operation_id="data_import_create",
        summary="Import bars from a CSV file",
        description=(
            "The body is the file, or a form with one `file`. Columns are found by their names, times are UTC unless "
            "they say otherwise. Bad rows are refused with their line. What you import is yours alone, and stands "
            "before other data of the same symbol and interval."
        ),
        request={
            "text/csv": OpenApiTypes.STR,
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            },
        },
        responses={201: DatasetDetail},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        url_name="import",
        parser_classes=[CSVUploadParser, MultiPartParser],
    )
    def import_(self, request: Request) -> Response:
        """Keep the bars for the caller's backtests."""
        upload = _upload(request)

        def keep() -> Answer:
            facts = market_bars.keep(
                upload.file,
                owner=caller(request).pk,
                symbol=self.query["symbol"],
                interval=self.query.get("interval"),
                only_symbol=self.query.get("only_symbol") or None,
                cancelled=client_is_gone(request),
            )
            address = replace_query_param(reverse("data-bars", request=request), "symbol", facts["symbol"])
            return Answer(
                status=status.HTTP_201_CREATED,
                body=DatasetDetail(facts).data,
                headers={"Location": replace_query_param(address, "interval", facts["interval"])},
            )

        with upload.file:
            return answer_long(keyed(request, body=upload.sha256), keep).response()

    @extend_schema(
        operation_id="data_import_destroy",
        summary="Delete imported bars",
        description="Of a symbol, of one interval or of all. Backtests that used them keep their own copy.",
        responses={204: None},
    )
    @import_.mapping.delete
    def delete_import(self, request: Request) -> Response:
        """Remove what the caller imported."""
        removed = market_bars.delete_import(
            owner=caller(request).pk, symbol=self.query["symbol"], interval=self.query.get("interval")
        )
        if not removed:
            raise NotFound("You have imported no such bars.")
        return Response(status=status.HTTP_204_NO_CONTENT)


def _upload(request: Request) -> Upload:
    body: Any = request.data
    if request.content_type.partition(";")[0] == CSVUploadParser.media_type and not body:
        return taken_in([])
    if isinstance(body, Upload):
        return body
    file = body.get("file") if hasattr(body, "get") else None
    if file is None or not hasattr(file, "chunks"):
        raise ParseError("Send the CSV file as the body, or as the field 'file' of a form.", code="no_file")
    return taken_in(file.chunks())
