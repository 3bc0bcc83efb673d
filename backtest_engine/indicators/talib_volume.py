"""TA-Lib's volume indicators."""

from backtest_engine.indicators.talib_abstract import declare

VOLUME = (
    declare(
        "OBV",
        name="obv",
        group="volume",
        aliases=("on balance volume", "on-balance volume"),
        source="Granville (1963): volume added on rises and taken off on falls, from the first bar.",
    ),
    declare(
        "AD",
        name="accumulation_distribution",
        group="volume",
        aliases=("accumulation/distribution", "accumulation distribution line", "a/d line", "chaikin a/d line"),
        source="Chaikin: volume weighted by where the close is in the bar, summed from the first bar.",
    ),
    declare(
        "ADOSC",
        name="chaikin_oscillator",
        group="volume",
        aliases=("chaikin a/d oscillator", "adosc"),
        source="Chaikin: EMA(3) - EMA(10) of the accumulation/distribution line.",
    ),
    declare(
        "CMF",
        name="chaikin_money_flow",
        group="volume",
        aliases=("cmf",),
        value_range=(-1.0, 1.0),
        source="Chaikin: money flow volume over volume.",
    ),
    declare(
        "EFI",
        name="force_index",
        group="volume",
        aliases=("elder force index", "efi"),
        source="Elder (1993): EMA of the change times the volume.",
    ),
    declare(
        "MARKETFI",
        name="market_facilitation_index",
        group="volume",
        source="Williams: (high - low) / volume.",
    ),
    declare(
        "NVI",
        name="nvi",
        group="volume",
        aliases=("negative volume index",),
        source="Dysart, Fosback: cumulates returns of bars with less volume than the one before.",
    ),
    declare(
        "PVI",
        name="pvi",
        group="volume",
        aliases=("positive volume index",),
        source="Dysart, Fosback: cumulates returns of bars with more volume than the one before.",
    ),
    declare(
        "PVO",
        name="pvo",
        group="volume",
        aliases=("percentage volume oscillator",),
        source="100 * (fast average / slow average - 1) of the volume.",
    ),
    declare(
        "PVT",
        name="pvt",
        group="volume",
        aliases=("price volume trend", "volume price trend"),
        source="Volume times return, summed from the first bar.",
    ),
    declare(
        "RVOL",
        name="relative_volume",
        group="volume",
        aliases=("rvol", "volume ratio"),
        source="Volume over the mean volume of the `period` bars before.",
    ),
    declare(
        "VWAP",
        name="vwap_cumulative",
        group="volume",
        title="Volume-weighted average price since the first bar",
        aliases=("cumulative vwap", "anchored vwap"),
        source="Typical price weighted by volume since the first bar of the data.",
    ),
    declare(
        "WAD",
        name="williams_ad",
        group="volume",
        aliases=("williams accumulation/distribution", "williams accumulation distribution"),
        source="Williams (1972): moves above the true low or below the true high, summed from the first bar.",
    ),
)
