"""Loopback servers that speak the wire formats of Yahoo, Binance, Alpaca and Massive, and misbehave when told to.

with FakeMarket(days) as market:
    Alpaca(key_id="id", secret="s", base_url=market.url)
    market.trouble.append(Trouble(status=429))     # the next price request meets it
    market.asked                                   # the price requests so far
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import pandas as pd
import requests
from requests.adapters import HTTPAdapter

NEW_YORK = ZoneInfo("America/New_York")
ALPACA_KEY = ("id-for-tests", "secret-for-tests")
MASSIVE_KEY = "massive-key-for-tests"
# As large as the smallest page of the vendors, so that paging shows.
PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What the next price request meets instead of an answer."""

    status: int = 200
    body: str = "{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A price request that came in."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class FakeMarket:
    """Serves one frame of daily bars as the stock and the coin `GOOG`, `GOOG/USD` and so on."""

    def __init__(self, bars: pd.DataFrame, *, listed: str = "GOOG", coin: str = "BTC") -> None:
        self.bars = bars
        self.listed = listed
        self.coin = coin
        self.trouble: deque[Trouble] = deque()
        self.asked: list[Asked] = []
        self.latency = 0.0
        self._lock = threading.Lock()
        market = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                market._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = unquote(parts.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for prefix, serve in self._routes().items():
            if path.startswith(prefix):
                # yfinance first asks for a day, only to learn the time zone.
                if not (serve == self._yahoo and "period1" not in query):
                    with self._lock:
                        self.asked.append(Asked(path=path, query=query, headers=dict(handler.headers)))
                        trouble = self.trouble.popleft() if self.trouble else None
                    time.sleep(self.latency)
                    if trouble is not None:
                        _meet(handler, trouble)
                        return
                status, body = serve(path, query, handler.headers)
                _send(handler, status, json.dumps(body))
                return
        if path == "/api/v3/exchangeInfo":
            _send(handler, 200, json.dumps(self._binance_markets()))
        elif path.startswith("/v3/reference/tickers/"):
            known = path.endswith(f"/{self.listed}")
            _send(handler, 200 if known else 404, json.dumps({"status": "OK" if known else "NOT_FOUND"}))
        else:
            _send(handler, 200, "crumb", kind="text/plain")

    def _routes(self) -> dict[str, Callable[..., tuple[int, Any]]]:
        return {
            "/v8/finance/chart/": self._yahoo,
            "/api/v3/klines": self._binance,
            "/v2/stocks/bars": self._alpaca,
            "/v1beta3/crypto/us/bars": self._alpaca,
            "/v2/aggs/ticker/": self._massive,
        }

    # --- Yahoo --------------------------------------------------------------------------------------------------

    def _yahoo(self, path: str, query: Mapping[str, str], _: Any) -> tuple[int, Any]:
        symbol = path.rpartition("/")[2]
        if symbol != self.listed:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return 404, {"chart": {"result": None, "error": error}}
        opens = (self.bars.index + pd.Timedelta(hours=9, minutes=30)).tz_localize(NEW_YORK)
        stamps = opens.as_unit("s").asi8
        first = int(query.get("period1", stamps[-1]))
        last = int(query.get("period2", stamps[-1] + 1))
        chosen = (stamps >= first) & (stamps < last)
        rows = self.bars[chosen]
        quote: dict[str, Any] = {name.lower(): _numbers(rows[name]) for name in self.bars.columns}
        session = {"timezone": "EST", "start": int(stamps[-1]), "end": int(stamps[-1]) + 23_400, "gmtoffset": -18_000}
        periods = [[session | {"start": int(opened), "end": int(opened) + 23_400}] for opened in stamps[chosen]]
        result = {
            "meta": {
                "currency": "USD",
                "symbol": symbol,
                "exchangeName": "NMS",
                "instrumentType": "EQUITY",
                "firstTradeDate": int(stamps[0]),
                "exchangeTimezoneName": "America/New_York",
                "timezone": "EST",
                "gmtoffset": -18_000,
                "regularMarketTime": int(stamps[-1]),
                "dataGranularity": query.get("interval", "1d"),
                "range": "",
                "priceHint": 2,
                "validRanges": ["1d", "5d", "1mo", "1y", "max"],
                **({"tradingPeriods": periods} if query.get("interval", "1d").endswith(("m", "h")) else {}),
                "currentTradingPeriod": dict.fromkeys(("pre", "regular", "post"), session),
            },
            "timestamp": stamps[chosen].tolist(),
            "indicators": {
                "quote": [quote if chosen.any() else {}],
                "adjclose": [{"adjclose": [None if price is None else price * 0.5 for price in quote["close"]]}],
            },
        }
        return 200, {"chart": {"result": [result], "error": None}}

    # --- Binance ------------------------------------------------------------------------------------------------

    def _binance_markets(self) -> dict[str, Any]:
        market = {
            "symbol": f"{self.coin}USDT",
            "status": "TRADING",
            "baseAsset": self.coin,
            "baseAssetPrecision": 8,
            "quoteAsset": "USDT",
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "MARKET"],
            "icebergAllowed": True,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": ["SPOT"],
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
                {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
            ],
        }
        return {"timezone": "UTC", "serverTime": 0, "rateLimits": [], "exchangeFilters": [], "symbols": [market]}

    def _binance(self, _: str, query: Mapping[str, str], __: Any) -> tuple[int, Any]:
        if query["symbol"] != f"{self.coin}USDT":
            return 400, {"code": -1121, "msg": "Invalid symbol."}
        stamps = self.bars.index.as_unit("ms").asi8
        chosen = (stamps >= int(query.get("startTime", 0))) & (stamps <= int(query.get("endTime", stamps[-1])))
        rows = self.bars[chosen][: min(int(query.get("limit", PAGE)), PAGE)]
        return 200, [
            [stamp, *(f"{row[name]:.8f}" for name in rows.columns), stamp + 86_399_999, "0", 1, "0", "0", "0"]
            for stamp, row in zip(stamps[chosen].tolist(), rows.to_dict("records"), strict=False)
        ]

    # --- Alpaca -------------------------------------------------------------------------------------------------

    def _alpaca(self, _: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        if (headers["APCA-API-KEY-ID"], headers["APCA-API-SECRET-KEY"]) != ALPACA_KEY:
            return 403, {"message": "forbidden."}
        symbol = query["symbols"]
        known = symbol in (self.listed, f"{self.coin}/USD")
        midnight = self.bars.index.tz_localize(NEW_YORK).tz_convert("UTC")
        chosen = (midnight >= query["start"]) & (midnight <= query["end"]) & known
        begin = int(query.get("page_token", 0))
        rows = [
            {"t": time.strftime("%Y-%m-%dT%H:%M:%SZ"), **dict(zip("ohlcv", row, strict=True)), "n": 1, "vw": 1.0}
            for time, row in zip(midnight[chosen], self.bars[chosen].to_numpy().tolist(), strict=True)
        ]
        page = rows[begin : begin + PAGE]
        more = str(begin + PAGE) if begin + PAGE < len(rows) else None
        return 200, {"bars": {symbol: page} if page else {}, "next_page_token": more}

    # --- Massive ------------------------------------------------------------------------------------------------

    def _massive(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        if headers["Authorization"] != f"Bearer {MASSIVE_KEY}":
            return 401, {"status": "ERROR", "error": "Unknown API Key"}
        _, _, _, _, ticker, _, count, unit, first, last = path.split("/")
        midnight = self.bars.index.tz_localize(NEW_YORK).as_unit("ms").asi8
        chosen = (midnight >= int(first)) & (midnight <= int(last)) & (ticker == self.listed)
        begin = int(query.get("cursor", 0))
        rows = [
            {"t": stamp, **dict(zip("ohlcv", row, strict=True)), "n": 1, "vw": 1.0}
            for stamp, row in zip(midnight[chosen].tolist(), self.bars[chosen].to_numpy().tolist(), strict=True)
        ]
        body: dict[str, Any] = {"ticker": ticker, "status": "OK", "adjusted": True, "queryCount": len(rows)}
        page = rows[begin : begin + PAGE]
        if page:
            body["results"] = page
        if begin + PAGE < len(rows):
            following = f"/v2/aggs/ticker/{ticker}/range/{count}/{unit}/{first}/{last}"
            body["next_url"] = f"{self.url}{following}?cursor={begin + PAGE}"
        return 200, body | {"resultsCount": len(page)}

    def session(self) -> requests.Session:
        """Return a session for yfinance that takes every address to this server."""
        session = requests.Session()
        session.trust_env = False
        for scheme in ("https://", "http://"):
            session.mount(scheme, _ToLoopback(self.url))
        return session


class _ToLoopback(HTTPAdapter):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        request.url = f"{self._url}{parts.path}?{parts.query}"
        return super().send(request, **{**options, "proxies": {}, "verify": False})


def _meet(handler: BaseHTTPRequestHandler, trouble: Trouble) -> None:
    if trouble.hang_up:
        handler.close_connection = True
        handler.connection.close()
        return
    _send(handler, trouble.status, trouble.body, headers=trouble.headers)


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: str,
    *,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    raw = body.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(raw)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(raw)


def _numbers(column: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def at(text: str) -> datetime:
    """Return an aware UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
