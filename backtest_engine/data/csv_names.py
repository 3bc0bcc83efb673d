"""The names that exporters give to the columns of bars, as lower-case words without accents or punctuation.

Within a role, an earlier group is preferred to a later one; two columns of one group contradict each other.
"""

import re
import unicodedata

_PRICES = {
    "Open": (
        "open|o|opening|open price|openprice|opening price|first|1. open|eroffnung|eroffn|erster|eroffnungskurs|"
        "ouverture|ouv|apertura|abertura|otwarcie|открытие|откр|始値|开盘|开盘价|開盤價|開盘|시가|opn price|px open",
    ),
    "High": (
        "high|h|high price|highprice|2. high|hoch|tageshoch|hochst|plus haut|haut|maximo|max price|massimo|"
        "maxima|hoog|najwyzszy|максимум|макс|高値|最高|最高价|最高價|고가|hgh price|px high|day high",
    ),
    "Low": (
        "low|l|low price|lowprice|3. low|tief|tagestief|tiefst|plus bas|bas|minimo|min price|minima|laag|"
        "najnizszy|минимум|мин|安値|最低|最低价|最低價|저가|px low|day low",
    ),
    "Close": (
        "close|c|close price|closeprice|closing price|close/last|4. close|schluss|schlusskurs|cloture|cierre|"
        "chiusura|fechamento|slot|zamkniecie|закрытие|終値|收盘|收盘价|收盤價|종가|clsprc|cls price|px close",
        "last|last price|px last|zuletzt|letzter|dernier|ultimo|последняя",
        "price|цена|ltp|settle|settlement|settlement price",
    ),
    "Volume": (
        "shares traded|number of shares|no.of shares|no. of shares|no of shares|total traded quantity|tottrdqty|"
        "ttl trd qnty|qty|quantity|stuck|stuecke|umsatz stuck|成交股數|real volume|realvolume",
        "volume|vol|v|total volume|totalvolume|volume traded|5. volume|6. volume|base volume|volumen|wolumen|объем|"
        "出来高|成交量|거래량|px volume|traded volume",
        "tickvol|tick volume|tickvolume|tick vol|tickqty|tick qty|ticks",
    ),
}
_TIMES = (
    "time period start|timeopen|open time|opentime|start time|starttime|begin|start|window start|bar start",
    "date|dates|day|trade date|tradedate|trading day|trading date|datetime|date time|date/time|datum|datum/zeit|"
    "fecha|data|дата|日期|日付|날짜|dtyyyymmdd|time|timestamp|local time|gmt time|utc time|ts|t|ts event|zeit|hora|"
    "heure|время|时间|시간|minute|clock|snapped at|quote time|bar time",
    "unix|unix timestamp|unix time|unixtime|epoch|time unix",
    "index|unnamed: 0|row names",
)
_IDENTITIES = (
    "symbol|ticker|tickers|sym|code|instrument|instrument id|asset|pair|security|ric|ts code|secid|stock code|"
    "stock|股票代码|代码|銘柄コード|scrip|contract|trading symbol|tradingsymbol|index name|underlying|cusip|isin|"
    "series|per|interval|timeframe|time frame|resolution|exchange|boardid|publisher id|expiry|expiry dt|strike pr|"
    "option typ|wkn|kurzel"
)
# What a volume may be counted in that is not the thing that is traded.
_QUOTES = "usd|usdt|usdc|busd|tusd|ust|dai|fdusd|eur|gbp|jpy|krw|try|brl|aud|cad|chf|inr|rub|currency|quote|fiat"
_NO_UNITS = "ma|sma|ema|avg|average|change|weighted|adj|adjusted|delta|profile|osc"
_ZONE = re.compile(r"\s*[(\[]\s*([^()\[\]]{1,40})\s*[)\]]$")
_UNIT = re.compile(r"(?:volume|vol) \(?([a-z]{2,10})\)?$")


def plain(name: str) -> str:
    """Return a column's name in the form of the tables above."""
    bare = re.sub(r"[<>\"'_*#\ufeff]|-(?=\D)", " ", name)
    spread = unicodedata.normalize("NFKD", bare.lower())
    return " ".join("".join(sign for sign in spread if not unicodedata.combining(sign)).split()).rstrip(".: ")


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in text.split("|"))


def _ranked(groups: tuple[str, ...]) -> dict[str, int]:
    return {plain(name): rank for rank, group in enumerate(groups) for name in group.split("|")}


PRICE_NAMES = {role: _ranked(groups) for role, groups in _PRICES.items()}
TIME_NAMES = _ranked(_TIMES)
ROW_NUMBER_RANK = len(_TIMES) - 1
TICK_RANK = len(_PRICES["Volume"]) - 1
QUOTES = _words(_QUOTES)
_IDENTITY_NAMES = _words(_IDENTITIES)
_INDICATOR_NAMES = _words(_NO_UNITS)


def price_role(name: str) -> tuple[str, int] | None:
    """Return the role of a plain name among open, high, low, close and volume, and its rank, or None."""
    bare = _ZONE.sub("", name).strip() or name
    for role, names in PRICE_NAMES.items():
        rank = names.get(name, names.get(bare))
        if rank is not None and not (role == "Volume" and bare != name):
            return role, rank
    return None


def time_rank(name: str) -> int | None:
    """Return how good a plain name is for the time of a bar, 0 best, or None."""
    rank = TIME_NAMES.get(name)
    return TIME_NAMES.get(_ZONE.sub("", name).strip()) if rank is None else rank


def zone_in(name: str) -> str | None:
    """Return what stands in brackets behind the name of a time column."""
    found = _ZONE.search(name.strip())
    return found[1].strip() if found else None


def identifies(name: str) -> bool:
    """Say whether a column of this plain name tells one series from another."""
    return name in _IDENTITY_NAMES


def is_english(name: str) -> bool:
    """Say whether the column of opening prices has an English name."""
    bare = plain(name)
    return "open" in bare or "opn" in bare or bare in ("o", "first")


def volume_unit(name: str) -> str | None:
    """Return the unit in a name such as `volume btc` or `volume (usdt)`."""
    found = _UNIT.fullmatch(name)
    return found[1] if found and found[1] not in _INDICATOR_NAMES else None
