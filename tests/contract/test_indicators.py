"""What every indicator in the registry promises, whoever wrote it."""

import builtins
import keyword
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from backtesting import Backtest, Strategy
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine import indicators
from backtest_engine.indicators import REGISTRY
from backtest_engine.registry import Indicator

CORE = ("sma", "ema", "rsi", "macd", "bollinger", "atr", "stochastic")
EVERY = tuple(REGISTRY.values())
every_indicator = pytest.mark.parametrize("indicator", EVERY, ids=lambda indicator: indicator.name)
# Prices are outside of what an arcsine takes.
NEVER_DEFINED_ON_PRICES = {"math_acos", "math_asin"}
# Their first value depends on when the market first does something, not on a number of bars.
WAITS_FOR_AN_EVENT = {"pivots"}

Bars = dict[str, np.ndarray[Any, Any]]


def market(seed: int, bars: int, *, tick: float = 0.01) -> Bars:
    """Return random bars that look like a market: fat tails, ties from the tick, flat and unvolumed stretches."""
    random = np.random.default_rng(seed)
    moves = random.standard_t(3, size=bars) * 0.01
    moves[random.random(bars) < 0.1] = 0.0
    close = np.maximum(np.round(100 * np.exp(moves.cumsum()) / tick) * tick, tick)
    opened = np.concatenate((close[:1], close[:-1]))
    high = np.maximum(opened, close) + np.round(random.exponential(0.5, bars) / tick) * tick
    low = np.maximum(np.minimum(opened, close) - np.round(random.exponential(0.5, bars) / tick) * tick, tick / 2)
    volume = np.where(random.random(bars) < 0.05, 0.0, random.integers(1, 10**6, bars).astype(np.float64))
    return {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": volume}


def short_parameters(indicator: Indicator, draw: st.DrawFn | None = None) -> dict[str, Any]:
    """Return parameters that a short series can warm up: drawn ones, or small conventional ones."""
    chosen: dict[str, Any] = {}
    for parameter in indicator.parameters:
        if draw is not None and parameter.integer and not parameter.name.endswith("ma_type"):
            low = int(parameter.minimum)
            chosen[parameter.name] = draw(st.integers(low, low + 12))
        else:
            chosen[parameter.name] = 10 if parameter.default is None else parameter.default
    if {"fast", "slow"} <= chosen.keys() and chosen["fast"] >= chosen["slow"]:
        chosen["fast"], chosen["slow"] = min(chosen["fast"], chosen["slow"]), max(chosen["fast"], chosen["slow"]) + 1
    return chosen


def compute(
    indicator: Indicator, bars: Bars, parameters: dict[str, Any], upto: int | None = None
) -> np.ndarray[Any, Any]:
    result = indicator.function(*(bars[name][:upto] for name in indicator.inputs), **parameters)
    return np.array(result if isinstance(result, tuple) else (result,))


@every_indicator
@settings(max_examples=6)
@given(data=st.data())
def test_never_looks_ahead(indicator: Indicator, data: st.DataObject) -> None:
    bars = market(data.draw(st.integers(0, 2**32 - 1), label="seed"), 260)
    parameters = short_parameters(indicator, data.draw)
    today = data.draw(st.integers(1, 259), label="today")

    known_today, known_later = compute(indicator, bars, parameters, today), compute(indicator, bars, parameters)

    np.testing.assert_allclose(known_today, known_later[:, :today], rtol=1e-9, atol=1e-9)


@every_indicator
@settings(max_examples=4)
@given(data=st.data())
def test_warm_up_is_nan_and_as_long_as_the_lookback_says(indicator: Indicator, data: st.DataObject) -> None:
    bars = market(data.draw(st.integers(0, 2**32 - 1), label="seed"), 260)
    bars["Volume"] += 1.0
    parameters = short_parameters(indicator, data.draw)

    values = compute(indicator, bars, parameters)
    warm_up = max(int(np.isnan(row).cumprod().sum()) for row in values)

    assert values.dtype == np.float64
    assert values.shape == (len(indicator.outputs), 260)
    if indicator.name in WAITS_FOR_AN_EVENT:
        assert warm_up >= indicator.lookback(**parameters)
    elif indicator.name not in NEVER_DEFINED_ON_PRICES:
        assert warm_up == indicator.lookback(**parameters)


@every_indicator
def test_stays_within_its_range(indicator: Indicator) -> None:
    values = compute(indicator, market(7, 3_000), short_parameters(indicator))

    if indicator.value_range:
        low, high = indicator.value_range
        assert np.nanmin(values) >= low - 1e-9
        assert np.nanmax(values) <= high + 1e-9


@every_indicator
def test_starts_again_after_a_gap_and_leaves_no_value_in_it(indicator: Indicator) -> None:
    whole = market(3, 400)
    parameters = short_parameters(indicator)
    gap = slice(150, 153)
    holed = {name: series.copy() for name, series in whole.items()}
    for name in indicator.inputs:
        holed[name][gap] = np.nan

    values = compute(indicator, holed, parameters)
    before = compute(indicator, whole, parameters, 150)
    after = compute(indicator, {name: series[153:] for name, series in whole.items()}, parameters)

    assert np.isnan(values[:, gap]).all()
    np.testing.assert_allclose(values[:, :150], before, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(values[:, 153:], after, rtol=1e-9, atol=1e-9)


@every_indicator
def test_takes_whatever_holds_numbers(indicator: Indicator) -> None:
    bars = market(11, 150, tick=1.0)
    parameters = short_parameters(indicator)
    expected = compute(indicator, bars, parameters)

    for convert in (list, pd.Series, lambda series: np.repeat(series, 2)[::2]):
        converted = compute(indicator, {name: convert(series) for name, series in bars.items()}, parameters)
        np.testing.assert_allclose(converted, expected, rtol=1e-12)


@every_indicator
def test_gives_nothing_but_nan_on_too_few_bars(indicator: Indicator) -> None:
    parameters = short_parameters(indicator)
    lookback = indicator.lookback(**parameters)

    for bars in {0, 1, 2, max(lookback, 0)}:
        values = (
            compute(indicator, market(5, bars), parameters) if bars else compute(indicator, market(5, 1), parameters, 0)
        )
        assert values.shape == (len(indicator.outputs), bars)
        if bars <= lookback:
            assert np.isnan(values).any(axis=0).all() or bars == 0


@every_indicator
def test_takes_its_shortest_and_its_longest_parameters_and_nothing_beyond(indicator: Indicator) -> None:
    bars = market(2, 300)

    for parameter in indicator.parameters:
        for extreme in (parameter.minimum, parameter.maximum):
            chosen = _in_order(short_parameters(indicator) | {parameter.name: extreme}, parameter.name)
            compute(indicator, bars, chosen)
        for beyond in (parameter.minimum - 1, parameter.maximum + 1, float("nan"), "5", None, True):
            with pytest.raises((ValueError, TypeError), match=parameter.name):
                compute(indicator, bars, short_parameters(indicator) | {parameter.name: beyond})


def _in_order(chosen: dict[str, Any], kept: str) -> dict[str, Any]:
    if {"fast", "slow"} <= chosen.keys() and chosen["fast"] >= chosen["slow"]:
        if kept == "fast":
            chosen["slow"] = min(chosen["fast"] + 1, 100_000)
            chosen["fast"] = min(chosen["fast"], chosen["slow"] - 1)
        else:
            chosen["fast"], chosen["slow"] = 2, max(chosen["slow"], 3)
    return chosen


class TestRegistry:
    def test_leads_with_the_core_indicators(self) -> None:
        assert tuple(REGISTRY)[: len(CORE)] == CORE

    def test_covers_all_of_talib_but_the_one_that_needs_a_period_for_each_bar(self) -> None:
        registered = {indicator.talib for indicator in EVERY}

        assert set(talib.get_functions()) - registered == {"MAVP"}

    def test_gives_each_spelling_to_one_indicator_only(self) -> None:
        spelled = [name.lower() for indicator in EVERY for name in {indicator.name, *indicator.aliases}]

        assert len(spelled) == len(set(spelled))

    @every_indicator
    def test_names_are_words_that_code_can_import(self, indicator: Indicator) -> None:
        assert indicator.name.isidentifier()
        assert indicator.name == indicator.name.lower()
        assert not keyword.iskeyword(indicator.name)
        assert not hasattr(builtins, indicator.name)
        assert getattr(indicators, indicator.name) is indicator.function

    @every_indicator
    def test_tells_all_that_a_reader_needs(self, indicator: Indicator) -> None:
        shown = indicators.describe(indicator)

        assert indicator.title
        assert indicator.source
        assert indicator.group
        assert set(indicator.inputs) <= {"Open", "High", "Low", "Close", "Volume"}
        assert len(set(indicator.outputs)) == len(indicator.outputs) > 0
        assert shown["usage"].startswith(f"self.I({indicator.name}, ")
        for parameter in indicator.parameters:
            assert parameter.default is None or parameter.minimum <= parameter.default <= parameter.maximum

    @every_indicator
    def test_finds_it_by_any_of_its_names(self, indicator: Indicator) -> None:
        for name in (indicator.name, indicator.name.upper(), *indicator.aliases):
            assert indicators.find(name) is indicator


def test_every_indicator_works_inside_a_strategy() -> None:
    bars = pd.DataFrame(market(4, 300), index=pd.date_range("2020-01-01", periods=300))

    class Everything(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            for indicator in EVERY:
                inputs = [getattr(self.data, name) for name in indicator.inputs]
                shown = self.I(indicator.function, *inputs, **short_parameters(indicator))
                assert shown.shape[-1] == 300

        def next(self) -> None:
            pass

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        statistics = Backtest(bars, Everything).run()

    assert statistics["# Trades"] == 0


def test_opens_no_file_and_imports_nothing_once_it_is_imported() -> None:
    code = """
import sys
import numpy as np
from backtest_engine.indicators import REGISTRY

def refuse(event, arguments):
    if event in {"open", "import", "os.listdir", "socket.connect"}:
        raise RuntimeError((event, arguments))

bars = {name: np.linspace(1, 2, 200) for name in ("Open", "High", "Low", "Close", "Volume")}
bars["Close"] = bars["Close"].copy()
holed = {name: np.where(np.arange(200) == 90, np.nan, series) for name, series in bars.items()}
sys.addaudithook(refuse)
for data in (bars, holed):
    for indicator in REGISTRY.values():
        parameters = {p.name: 5 if p.default is None else p.default for p in indicator.parameters}
        indicator.function(*(data[name] for name in indicator.inputs), **parameters)
        indicator.lookback(**parameters)
print(len(REGISTRY))
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == str(len(REGISTRY)), done.stderr[-2_000:]
