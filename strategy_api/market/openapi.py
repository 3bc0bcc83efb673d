"""What the OpenAPI document says of market data."""

from typing import Any

from strategy_api.common.openapi import examples

_BAR = {"time": "2004-08-19T00:00:00Z", "open": 100.0, "high": 104.06, "low": 95.96, "close": 100.34, "volume": 2.2e7}
_DATASET: dict[str, Any] = {
    "symbol": "GOOG",
    "interval": "1d",
    "source": "samples",
    "fingerprint": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "bars": 2148,
    "first_bar_at": "2004-08-19T00:00:00Z",
    "last_bar_at": "2013-03-01T00:00:00Z",
    "notices": [],
}


examples.register(
    {
        "SymbolRow": {
            "symbol": "GOOG",
            "source": "samples",
            "interval": "1d",
            "title": "Alphabet, daily",
            "sample": True,
            "first_bar_at": "2004-08-19T00:00:00Z",
            "last_bar_at": "2013-03-01T00:00:00Z",
            "bars": 2148,
        },
        "BarPage": {
            "next": f"{examples.BASE}/data/bars/?symbol=GOOG&page_size=1&after=2004-08-19T00%3A00%3A00Z",
            "dataset": _DATASET,
            "results": [_BAR],
        },
        "DatasetDetail": _DATASET | {"symbol": "MINE", "source": "import"},
    }
)
examples.register_text(
    "text/csv",
    "time,open,high,low,close,volume\r\n2004-08-19T00:00:00Z,100.0,104.06,95.96,100.34,22351900.0\r\n",
    component="BarPage",
)
examples.register_text(
    "text/csv",
    "date,open,high,low,close,volume\n2024-01-02,10,11,9,10.5,1000\n2024-01-03,10.5,12,10,11.5,1200\n",
    component="DatasetDetail",
)
