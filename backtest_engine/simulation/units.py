"""The smallest size that a market trades: whole units, or the market's own step."""

from backtest_engine.domain import Dataset

# Satoshi: what exchanges and wallets count coins in, and fine enough for all of them.
COIN_STEP = 1e-8
# What brokers that sell parts of a share commonly go down to.
SHARE_STEP = 1e-6

_COINS = frozenset(
    (
        *("BTC", "XBT", "ETH", "XRP", "LTC", "BCH", "ADA", "SOL", "DOGE", "DOT", "AVAX", "MATIC", "POL", "LINK"),
        *("XLM", "TRX", "ETC", "XMR", "EOS", "NEO", "ATOM", "ALGO", "FIL", "UNI", "AAVE", "BNB", "SHIB", "PEPE"),
        *("TON", "APT", "ARB", "OP", "NEAR", "ICP", "HBAR", "VET", "GRT", "SAND", "MANA", "AXS", "FTM", "XTZ"),
        *("EGLD", "THETA", "DASH", "ZEC", "COMP", "MKR", "SNX", "CRV", "SUSHI", "YFI", "BAT", "ENJ", "CHZ", "KSM"),
        *("IOTA", "QTUM", "WAVES", "ZIL", "INJ", "SUI", "SEI", "TIA", "RUNE", "LDO", "STX", "IMX", "FLOKI"),
        *("BONK", "WIF", "KAS"),
    )
)
_QUOTES = (
    *("USDT", "USDC", "BUSD", "TUSD", "FDUSD", "USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "KRW", "TRY", "INR"),
    *("BTC", "ETH", "BNB"),
)


def size_step(dataset: Dataset, fractional: bool | str) -> float | None:
    """Return the smallest size in units, None for whole units; `fractional` is true, false or `auto`."""
    coins = dataset.source.startswith("ccxt:") or is_coin(dataset.symbol)
    if fractional is False or (fractional == "auto" and not coins):
        return None
    return COIN_STEP if coins else SHARE_STEP


def is_coin(symbol: str) -> bool:
    """Whether a symbol such as BTCUSD, ETH-USD or SOL/USDT names a coin and the money it is priced in."""
    letters = "".join(character for character in symbol.upper() if character.isalnum())
    return any(letters.endswith(quote) and letters[: -len(quote)] in _COINS for quote in _QUOTES)
