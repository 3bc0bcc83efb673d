"""TA-Lib's candlestick patterns: 100 bullish, -100 bearish, 0 none (200 and -200 where a pattern is confirmed)."""

import re

from backtest_engine.indicators.talib_abstract import about, declare, family
from backtest_engine.registry import Indicator

# Patterns that are also called something else, or whose TA-Lib title is no words.
_ALIASES = {
    "CDLENGULFING": ("bullish engulfing", "bearish engulfing", "engulfing candle"),
    "CDL3WHITESOLDIERS": ("three white soldiers", "3 white soldiers"),
    "CDL3BLACKCROWS": ("3 black crows",),
    "CDLHARAMI": ("bullish harami", "bearish harami"),
    "CDLDARKCLOUDCOVER": ("dark cloud",),
    "CDLPIERCING": ("piercing line",),
    "CDLSHOOTINGSTAR": ("shooting star candle",),
    "CDLHAMMER": ("hammer candle", "bullish hammer"),
    "CDLDOJI": ("doji candle",),
    "CDLMARUBOZU": ("marubozu candle",),
    "CDLSPINNINGTOP": ("spinning top candle",),
}
_AMBIGUOUS = frozenset({"breakaway", "kicking", "piercing", "thrusting"})


def _candle(code: str) -> Indicator:
    title: str = re.sub(r"\s+", " ", about(code)["display_name"]).strip()
    spoken = re.sub(r"\s*(pattern|candlestick)$", "", title.split("(")[0].lower().replace("/", " ")).strip()
    spoken = "kicking by length" if code == "CDLKICKINGBYLENGTH" else spoken
    words = () if spoken in _AMBIGUOUS else (spoken,)
    name = re.sub(r"[^a-z0-9]+", "_", spoken).strip("_")
    return declare(
        code,
        name=f"cdl_{name}",
        group="candles",
        title=title,
        aliases=tuple(dict.fromkeys((*words, f"{spoken} pattern", *_ALIASES.get(code, ())))),
        outputs=("pattern",),
        value_range=(-200.0, 200.0) if "HIKKAKE" in code else (-100.0, 100.0),
        source="Nison, Japanese Candlestick Charting Techniques; body and shadow sizes as TA-Lib measures them.",
    )


CANDLES = tuple(_candle(code) for code in family("Pattern Recognition"))
