"""What requests may look like."""

import hashlib
import json
import math
import tempfile
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser

from strategy_api.common.exceptions import BodyTooLarge

CHUNK = 1 << 16
MOST_DIGITS = 300


class LimitedJSONParser(JSONParser):
    """JSON up to a size; the limit holds whatever the client says of its length."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the decoded body; raise `BodyTooLarge`."""
        limit = settings.BODY_LIMIT_BYTES
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"The request body is over the limit of {limit} bytes.")
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            return json.loads(body.decode(encoding), parse_constant=_refuse, parse_int=_integer)
        except (ValueError, LookupError) as error:
            raise ParseError(f"JSON parse error - {error}"[:200]) from error
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int | float:
    """Return a whole number; one of hundreds of digits is infinite, which every field refuses by its name."""
    return int(digits) if len(digits) <= MOST_DIGITS else math.copysign(math.inf, -1 if digits[0] == "-" else 1)


class Upload:
    """An uploaded file, at its beginning, with the SHA-256 of all of it."""

    def __init__(self, file: IO[bytes], sha256: str) -> None:
        self.file = file
        self.sha256 = sha256


class CSVUploadParser(BaseParser):
    """A CSV file as the whole body."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the file; raise `BodyTooLarge`."""
        return taken_in(iter(lambda: stream.read(CHUNK), b""))


def taken_in(chunks: Iterable[bytes]) -> Upload:
    """Keep an upload in memory while it is small and on disk when it is not; raise `BodyTooLarge`."""
    limit, size, digest = settings.UPLOAD_LIMIT_BYTES, 0, hashlib.sha256()
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115  # closed with its request
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            file.close()
            raise BodyTooLarge(f"The file is over the limit of {limit} bytes.")
        digest.update(chunk)
        file.write(chunk)
    file.seek(0)
    return Upload(file, digest.hexdigest())
