"""Dates that market data can be of: the API refuses others, and JSON Schema has no way to say so."""

from datetime import UTC, date, datetime

import schemathesis
from hypothesis import strategies as st

FIRST, LAST = date(1701, 1, 1), date(2260, 12, 31)

schemathesis.openapi.format("date", st.dates(FIRST, LAST).map(date.isoformat))
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime.combine(FIRST, datetime.min.time()), datetime.combine(LAST, datetime.min.time())).map(
        lambda moment: moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    ),
)
