"""TA-Lib's volatility indicators and channels, beyond the core ones."""

from backtest_engine.indicators.talib_abstract import declare

VOLATILITY = (
    declare(
        "NATR",
        name="natr",
        group="volatility",
        aliases=("normalized average true range", "normalised average true range", "atr percent", "atr%"),
        source="100 * ATR / close.",
    ),
    declare(
        "TRANGE",
        name="true_range",
        group="volatility",
        source="Wilder (1978): the largest of high - low, |high - last close| and |low - last close|.",
    ),
    declare(
        "DONCHIAN",
        name="donchian",
        group="volatility",
        title="Donchian channel",
        aliases=("donchian channel", "donchian channels", "price channel", "dc"),
        source="Highest high and lowest low of `period` bars, this one included, and their middle.",
    ),
    declare(
        "KC",
        name="keltner_typical",
        group="volatility",
        title="Keltner channel around the typical price",
        renamed={"atrperiod": "atr_period", "nbdev": "multiplier"},
        source="EMA of the typical price ± multiplier * ATR.",
    ),
    declare(
        "ACCBANDS",
        name="acceleration_bands",
        group="volatility",
        aliases=("accbands",),
        source="Headley (2002): SMA of high and low widened by their relative distance.",
    ),
    declare(
        "ADR",
        name="average_range",
        group="volatility",
        title="Average range",
        aliases=("average daily range", "average day range"),
        source="SMA of high - low.",
    ),
    declare(
        "CVI",
        name="chaikin_volatility",
        group="volatility",
        renamed={"rocperiod": "roc_period"},
        source="Chaikin: rate of change of the EMA of high - low.",
    ),
    declare(
        "MASSI",
        name="mass_index",
        group="volatility",
        renamed={"slowperiod": "period"},
        source="Dorsey (1992): sum of EMA(range) over EMA(EMA(range)).",
    ),
    declare(
        "RVI",
        name="relative_volatility_index",
        group="volatility",
        renamed={"stddevperiod": "deviation_period"},
        value_range=(0.0, 100.0),
        source="Dorsey (1993): the RSI of the standard deviation.",
    ),
)
