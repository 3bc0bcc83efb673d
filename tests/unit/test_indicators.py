"""The indicators agree with definitions written plainly, bar by bar, from their formulas."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backtest_engine import indicators

Series = np.ndarray[Any, Any]
BARS = 400


@pytest.fixture(scope="module")
def bars() -> dict[str, Series]:
    random = np.random.default_rng(20)
    close = np.round(100 * np.exp(random.normal(0, 0.02, BARS).cumsum()), 2)
    opened = np.round(np.concatenate((close[:1], close[:-1])) * (1 + random.normal(0, 0.003, BARS)), 2)
    high = np.maximum(opened, close) + np.round(random.exponential(0.8, BARS), 2)
    low = np.minimum(opened, close) - np.round(random.exponential(0.8, BARS), 2)
    return {"o": opened, "h": high, "l": low, "c": close, "v": random.integers(1_000, 9_000, BARS).astype(float)}


def each_bar(first: int, value: Callable[[int], float]) -> Series:
    """Return a series that is NaN before `first` and the formula's value from there on."""
    return np.array([value(t) if t >= first else np.nan for t in range(BARS)])


def plain_ema(x: Series, n: int) -> Series:
    out = np.full(len(x), np.nan)
    average = x[0]
    for t, value in enumerate(x):
        average += 2 / (n + 1) * (value - average)
        if t >= n - 1:
            out[t] = average
    return out


def plain_wilder(x: Series, n: int, first: int = 0) -> Series:
    out = np.full(len(x), np.nan)
    out[first + n - 1] = average = x[first : first + n].mean()
    for t in range(first + n, len(x)):
        out[t] = average = average + (x[t] - average) / n
    return out


def plain_true_range(h: Series, l: Series, c: Series) -> Series:  # noqa: E741
    return each_bar(1, lambda t: max(h[t] - l[t], abs(h[t] - c[t - 1]), abs(l[t] - c[t - 1])))


def same(got: Any, expected: Any) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


class TestAverages:
    def test_sma_is_the_mean_of_the_window(self, bars: dict[str, Series]) -> None:
        same(indicators.sma(bars["c"], 20), each_bar(19, lambda t: bars["c"][t - 19 : t + 1].mean()))

    @pytest.mark.parametrize("period", [1, 2, 12, 100, 399, 400])
    def test_ema_follows_its_recursion_from_the_first_value(self, bars: dict[str, Series], period: int) -> None:
        same(indicators.ema(bars["c"], period), plain_ema(bars["c"], period))

    def test_wma_weighs_the_last_bar_most(self, bars: dict[str, Series]) -> None:
        weights = np.arange(1, 11)

        same(indicators.wma(bars["c"], 10), each_bar(9, lambda t: bars["c"][t - 9 : t + 1] @ weights / weights.sum()))

    def test_rma_is_wilders_average(self, bars: dict[str, Series]) -> None:
        same(indicators.rma(bars["c"], 14), plain_wilder(bars["c"], 14))

    def test_vwap_weighs_by_volume(self, bars: dict[str, Series]) -> None:
        typical = (bars["h"] + bars["l"] + bars["c"]) / 3

        same(
            indicators.vwap(bars["h"], bars["l"], bars["c"], bars["v"], 20),
            each_bar(19, lambda t: np.average(typical[t - 19 : t + 1], weights=bars["v"][t - 19 : t + 1])),
        )

    def test_vwap_of_a_window_without_volume_is_unknown(self, bars: dict[str, Series]) -> None:
        volume = bars["v"] / 3
        volume[100:130] = 0.0

        average = indicators.vwap(bars["h"], bars["l"], bars["c"], volume, 20)

        assert np.flatnonzero(np.isnan(average)).tolist() == [*range(19), *range(119, 130)]


class TestOscillators:
    @pytest.mark.parametrize("period", [2, 14])
    def test_rsi_uses_wilders_averages_of_gains_and_losses(self, bars: dict[str, Series], period: int) -> None:
        change = np.diff(bars["c"], prepend=bars["c"][0])
        gain = plain_wilder(np.maximum(change, 0), period, first=1)
        loss = plain_wilder(np.maximum(-change, 0), period, first=1)

        same(indicators.rsi(bars["c"], period), 100 * gain / (gain + loss))

    @pytest.mark.parametrize(("fast", "slow", "signal"), [(12, 26, 9), (3, 10, 16), (5, 35, 1)])
    def test_macd_is_the_distance_of_two_emas(self, bars: dict[str, Series], fast: int, slow: int, signal: int) -> None:
        line = plain_ema(bars["c"], fast) - plain_ema(bars["c"], slow)
        average = np.full(BARS, np.nan)
        average[slow - 1 :] = plain_ema(line[slow - 1 :], signal)
        shown = np.where(np.isnan(average), np.nan, line)

        same(indicators.macd(bars["c"], fast, slow, signal), (shown, average, shown - average))

    def test_macd_refuses_a_fast_average_that_is_the_slower(self, bars: dict[str, Series]) -> None:
        with pytest.raises(ValueError, match=r"fast \(26\) must be shorter than slow \(12\)"):
            indicators.macd(bars["c"], 26, 12)

    def test_stochastic_places_the_close_in_its_range(self, bars: dict[str, Series]) -> None:
        def raw(t: int) -> float:
            low, high = bars["l"][t - 13 : t + 1].min(), bars["h"][t - 13 : t + 1].max()
            return float(100 * (bars["c"][t] - low) / (high - low))

        k = each_bar(15, lambda t: float(np.mean([raw(t - 2), raw(t - 1), raw(t)])))
        d = each_bar(17, lambda t: k[t - 2 : t + 1].mean())

        same(indicators.stochastic(bars["h"], bars["l"], bars["c"]), (np.where(np.isnan(d), np.nan, k), d))

    def test_cci_measures_by_the_mean_deviation(self, bars: dict[str, Series]) -> None:
        typical = (bars["h"] + bars["l"] + bars["c"]) / 3

        def value(t: int) -> float:
            window = typical[t - 19 : t + 1]
            return float((typical[t] - window.mean()) / (0.015 * np.abs(window - window.mean()).mean()))

        same(indicators.cci(bars["h"], bars["l"], bars["c"]), each_bar(19, value))

    def test_williams_r_counts_down_from_the_high(self, bars: dict[str, Series]) -> None:
        def value(t: int) -> float:
            high, low = bars["h"][t - 13 : t + 1].max(), bars["l"][t - 13 : t + 1].min()
            return float(-100 * (high - bars["c"][t]) / (high - low))

        same(indicators.williams_r(bars["h"], bars["l"], bars["c"], 14), each_bar(13, value))

    def test_connors_rsi_is_a_mean_of_three(self, bars: dict[str, Series]) -> None:
        change = np.diff(bars["c"], prepend=np.nan) / np.concatenate(([np.nan], bars["c"][:-1]))
        rank = each_bar(101, lambda t: 100 * np.mean(change[t - 100 : t] < change[t]))

        parts = (indicators.rsi(bars["c"], 3), indicators.rsi(indicators.streak(bars["c"]), 2), rank)

        same(indicators.connors_rsi(bars["c"]), sum(parts) / 3)

    def test_streak_counts_rises_and_falls(self) -> None:
        close = np.array([5, 6, 7, 7, 6, 5, 4, 5, 5, 5, 6.0])

        same(indicators.streak(close), [np.nan, 1, 2, 0, -1, -2, -3, 1, 0, 0, 1])


class TestVolatility:
    def test_atr_is_wilders_average_of_the_true_range(self, bars: dict[str, Series]) -> None:
        true_range = plain_true_range(bars["h"], bars["l"], bars["c"])

        same(indicators.atr(bars["h"], bars["l"], bars["c"], 14), plain_wilder(true_range, 14, first=1))

    def test_bollinger_uses_the_population_deviation(self, bars: dict[str, Series]) -> None:
        middle = each_bar(19, lambda t: bars["c"][t - 19 : t + 1].mean())
        deviation = each_bar(19, lambda t: bars["c"][t - 19 : t + 1].std())
        upper, lower = middle + 2.5 * deviation, middle - 2.5 * deviation

        same(indicators.bollinger(bars["c"], 20, 2.5), (upper, middle, lower))
        same(indicators.bollinger_percent_b(bars["c"], 20, 2.5), (bars["c"] - lower) / (upper - lower))
        same(indicators.bollinger_bandwidth(bars["c"], 20, 2.5), (upper - lower) / middle)

    @pytest.mark.parametrize("unit", [1e-8, 1e-4, 1.0, 1e6])
    def test_bands_do_not_depend_on_the_unit_of_price(self, bars: dict[str, Series], unit: float) -> None:
        scaled = np.array(indicators.bollinger(bars["c"] * unit)) / unit

        np.testing.assert_allclose(scaled, indicators.bollinger(bars["c"]), rtol=1e-7)

    def test_keltner_is_an_ema_of_the_close_in_atrs(self, bars: dict[str, Series]) -> None:
        middle = plain_ema(bars["c"], 20)
        width = 2 * plain_wilder(plain_true_range(bars["h"], bars["l"], bars["c"]), 10, first=1)

        same(indicators.keltner(bars["h"], bars["l"], bars["c"]), (middle + width, middle, middle - width))

    def test_donchian_includes_this_bar(self, bars: dict[str, Series]) -> None:
        upper = each_bar(19, lambda t: bars["h"][t - 19 : t + 1].max())
        lower = each_bar(19, lambda t: bars["l"][t - 19 : t + 1].min())

        same(indicators.donchian(bars["h"], bars["l"], 20), (upper, (upper + lower) / 2, lower))

    def test_chandelier_hangs_from_the_highest_high(self, bars: dict[str, Series]) -> None:
        room = 3 * plain_wilder(plain_true_range(bars["h"], bars["l"], bars["c"]), 22, first=1)
        high = each_bar(21, lambda t: bars["h"][t - 21 : t + 1].max())
        low = each_bar(21, lambda t: bars["l"][t - 21 : t + 1].min())

        same(indicators.chandelier(bars["h"], bars["l"], bars["c"]), (high - room, low + room))

    def test_volatility_is_the_sample_deviation_of_returns(self, bars: dict[str, Series]) -> None:
        returns = np.diff(bars["c"]) / bars["c"][:-1]
        expected = each_bar(30, lambda t: returns[t - 30 : t].std(ddof=1))

        same(indicators.volatility(bars["c"], 30), expected)
        same(indicators.volatility(bars["c"], 30, bars_per_year=252), expected * np.sqrt(252))


class TestTrend:
    def test_adx_and_the_directional_indicators_follow_wilder(self, bars: dict[str, Series]) -> None:
        h, l, c = bars["h"], bars["l"], bars["c"]  # noqa: E741
        up, down = np.diff(h, prepend=h[0]), -np.diff(l, prepend=l[0])
        moves = (np.where((up > down) & (up > 0), up, 0), np.where((down > up) & (down > 0), down, 0))
        sums = [_wilder_sum(x, 14) for x in (*moves, plain_true_range(h, l, c))]
        plus, minus = 100 * sums[0] / sums[2], 100 * sums[1] / sums[2]
        dx = 100 * np.abs(plus - minus) / (plus + minus)

        same(indicators.plus_di(h, l, c), plus)
        same(indicators.minus_di(h, l, c), minus)
        same(indicators.adx(h, l, c), plain_wilder(dx, 14, first=14))

    def test_ichimoku_shows_the_cloud_of_today(self, bars: dict[str, Series]) -> None:
        def middle(n: int) -> Series:
            return each_bar(
                n - 1, lambda t: (bars["h"][t - n + 1 : t + 1].max() + bars["l"][t - n + 1 : t + 1].min()) / 2
            )

        tenkan, kijun, wide = middle(9), middle(26), middle(52)
        span_a = each_bar(51, lambda t: (tenkan[t - 26] + kijun[t - 26]) / 2)
        span_b = each_bar(77, lambda t: wide[t - 26])

        same(indicators.ichimoku(bars["h"], bars["l"]), (tenkan, kijun, span_a, span_b))

    def test_supertrend_ratchets_and_flips(self, bars: dict[str, Series]) -> None:
        h, l, c = bars["h"], bars["l"], bars["c"]  # noqa: E741
        atr = plain_wilder(plain_true_range(h, l, c), 10, first=1)
        line, direction = np.full(BARS, np.nan), np.full(BARS, np.nan)
        upper, lower, up = np.inf, -np.inf, True
        for t in range(10, BARS):
            wide, narrow = (h[t] + l[t]) / 2 + 3 * atr[t], (h[t] + l[t]) / 2 - 3 * atr[t]
            upper = wide if wide < upper or c[t - 1] > upper else upper
            lower = narrow if narrow > lower or c[t - 1] < lower else lower
            up = c[t] >= lower if up else c[t] > upper
            line[t], direction[t] = (lower, 1) if up else (upper, -1)

        same(indicators.supertrend(h, l, c, 10, 3.0), (line, direction))

    def test_pivots_are_known_only_after_the_bars_that_confirm_them(self) -> None:
        high = np.array([1, 2, 5, 3, 2, 1, 4, 2, 1, 1.0])
        low = high - 1

        swing_high, _, confirmed, _ = indicators.pivots(high, low, left=2, right=2)

        same(swing_high, [np.nan] * 4 + [5, 5, 5, 5, 4, 4])
        same(confirmed, [np.nan] * 4 + [1, 0, 0, 0, 1, 0])

    def test_heikin_ashi_opens_in_the_middle_of_the_last_candle(self, bars: dict[str, Series]) -> None:
        o, h, l, c = bars["o"], bars["h"], bars["l"], bars["c"]  # noqa: E741
        close = (o + h + l + c) / 4
        opened = np.empty(BARS)
        opened[0] = (o[0] + c[0]) / 2
        for t in range(1, BARS):
            opened[t] = (opened[t - 1] + close[t - 1]) / 2

        expected = (opened, np.maximum(h, np.maximum(opened, close)), np.minimum(l, np.minimum(opened, close)), close)
        same(indicators.heikin_ashi(o, h, l, c), expected)


class TestStatistics:
    def test_zscore_divides_by_the_population_deviation(self, bars: dict[str, Series]) -> None:
        def value(t: int) -> float:
            window = bars["c"][t - 19 : t + 1]
            return float((bars["c"][t] - window.mean()) / window.std())

        same(indicators.zscore(bars["c"]), each_bar(19, value))

    def test_zscore_of_a_market_that_stands_still_is_unknown(self) -> None:
        assert np.isnan(indicators.zscore(np.full(60, 7.0))).all()

    def test_cagr_compounds(self, bars: dict[str, Series]) -> None:
        expected = each_bar(100, lambda t: (bars["c"][t] / bars["c"][t - 100]) ** 2.52 - 1)

        same(indicators.cagr(bars["c"], 100), expected)

    def test_drawdown_looks_at_the_highest_so_far(self) -> None:
        same(indicators.drawdown(np.array([10, 20, 15, 25, 5.0])), [0, 0, -25, 0, -80])
        same(indicators.running_high(np.array([10, 20, 15, 25, 5.0])), [10, 20, 20, 25, 25])

    def test_bars_since_the_highest_do_not_depend_on_where_the_data_begin(self, bars: dict[str, Series]) -> None:
        whole = indicators.bars_since_highest(bars["c"], 30)
        part = indicators.bars_since_highest(bars["c"][57:], 30)

        same(part[29:], whole[57 + 29 :])

    def test_obv_adds_and_takes_volume(self) -> None:
        close, volume = np.array([1, 2, 2, 1.0]), np.array([10, 20, 30, 40])

        same(indicators.obv(close, volume), [10, 30, 30, -10])

    def test_pivot_points_come_from_the_bar_before(self) -> None:
        pivot, r1, s1, r2, s2, r3, s3 = indicators.pivot_points([12, 0.0], [6, 0.0], [9, 0.0])

        assert [level[1] for level in (pivot, r1, s1, r2, s2, r3, s3)] == [9, 12, 6, 15, 3, 18, 0]


class TestCalls:
    def test_one_number_is_no_series(self) -> None:
        with pytest.raises(ValueError, match=r"rsi\(\): close needs a whole series .* not a single number"):
            indicators.rsi(101.5, 14)

    def test_names_the_parameter_that_is_missing(self) -> None:
        with pytest.raises(TypeError, match=r"sma\(\): missing a required argument: 'period'"):
            indicators.sma([1.0, 2.0])

    def test_a_period_is_a_whole_number(self) -> None:
        with pytest.raises(ValueError, match=r"period must be a whole number, not 14\.5"):
            indicators.rsi(np.arange(30.0), 14.5)

    def test_inputs_have_one_length(self) -> None:
        with pytest.raises(ValueError, match=r"atr\(\): inputs differ in length: 29, 30 bars"):
            indicators.atr(np.arange(30.0), np.arange(30.0), np.arange(29.0))

    def test_a_read_only_array_with_a_gap_is_seen_as_such_each_time(self) -> None:
        series = np.arange(60.0)
        series[30] = np.nan
        series.flags.writeable = False

        first, again = indicators.sma(series, 5), indicators.sma(series, 5)

        assert np.isnan(first[30:35]).all()
        assert first[59] == again[59] == 57.0

    def test_names_of_other_libraries_find_the_function(self) -> None:
        assert indicators.bbands is indicators.bollinger
        assert indicators.find("Williams %R") is indicators.REGISTRY["williams_r"]
        with pytest.raises(AttributeError, match="no such indicator"):
            _ = indicators.no_such_thing

    def test_search_leads_with_the_core_ones(self) -> None:
        found = [indicator.name for indicator in indicators.available(search="moving average", group="trend")]

        assert found[:2] == ["sma", "ema"]
        assert "wma" in found
        assert not indicators.available(search="no such thing")

    def test_an_example_shows_the_last_values(self, bars: dict[str, Series]) -> None:
        columns = {"High": bars["h"], "Low": bars["l"], "Close": bars["c"]}

        shown = indicators.example(indicators.REGISTRY["atr"], columns, last=2)

        assert shown["parameters"] == {"period": 14}
        assert shown["warm_up"] == 14
        same(shown["values"]["atr"], indicators.atr(bars["h"], bars["l"], bars["c"])[-2:])


def _wilder_sum(x: Series, n: int) -> Series:
    """Return Wilder's running sum: the first n - 1 moves added up, then 1 - 1/n of it kept at each bar."""
    out = np.full(len(x), np.nan)
    total = x[1:n].sum()
    for t in range(n, len(x)):
        total += x[t] - total / n
        out[t] = total
    return out
