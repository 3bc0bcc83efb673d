"""Factors, weights, scores and the scorecard: what a scan says, on closed bars alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.scanner.factors import FACTORS, MOST_LOOKBACK, ClosedBars
from backtest_engine.scanner.scan import Market, by_symbol, scan
from backtest_engine.scanner.scorecard import HORIZONS, Outcome, forward_return_pct, scorecard, wilson
from backtest_engine.scanner.scoring import label_of, score_of
from backtest_engine.scanner.weights import PRESETS, problem_with

BARS = MOST_LOOKBACK + 60


def market(seed: int, *, bars: int = BARS, drift: float = 0.0, volume: bool = True) -> pd.DataFrame:
    """Return a random walk."""
    draw = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(draw.normal(drift, 0.01, bars)))
    opened = np.concatenate([[100.0], close[:-1]])
    span = np.abs(draw.normal(0, 0.005, bars)) * close
    return pd.DataFrame(
        {
            "Open": opened,
            "High": np.maximum(opened, close) + span,
            "Low": np.minimum(opened, close) - span,
            "Close": close,
            "Volume": draw.integers(1, 1_000, bars).astype(float) if volume else 0.0,
        },
        index=pd.date_range("2020-01-01", periods=bars),
    )


class TestFactors:
    @pytest.mark.parametrize("name", FACTORS)
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000), cut=st.integers(MOST_LOOKBACK, BARS))
    def test_never_see_a_later_bar(self, name: str, seed: int, cut: int) -> None:
        frame = market(seed)
        future = frame.copy()
        future.iloc[cut:] = future.iloc[cut:] * 7.0

        now = FACTORS[name].read(ClosedBars.of(frame.iloc[:cut]))
        later = FACTORS[name].read(ClosedBars.of(future.iloc[:cut]))

        assert now == later

    @pytest.mark.parametrize("name", FACTORS)
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_say_the_same_with_a_longer_history(self, name: str, seed: int) -> None:
        frame = market(seed)

        short = FACTORS[name].read(ClosedBars.of(frame.iloc[-FACTORS[name].lookback :]))

        assert short == FACTORS[name].read(ClosedBars.of(frame))

    @pytest.mark.parametrize("name", FACTORS)
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-6, 1.0, 1e9]))
    def test_stay_within_one_at_any_price(self, name: str, seed: int, scale: float) -> None:
        frame = market(seed)
        frame[["Open", "High", "Low", "Close"]] *= scale

        reading = FACTORS[name].read(ClosedBars.of(frame))

        assert reading is not None
        assert -1.0 <= reading.value <= 1.0
        assert reading.reason

    @pytest.mark.parametrize("name", FACTORS)
    def test_have_no_opinion_without_enough_or_on_a_flat_line(self, name: str) -> None:
        flat = market(1)
        flat[["Open", "High", "Low", "Close"]] = 100.0
        flat["Volume"] = 0.0

        assert FACTORS[name].read(ClosedBars.of(market(1).iloc[-FACTORS[name].lookback + 1 :])) is None
        assert FACTORS[name].read(ClosedBars.of(flat)) is None

    @pytest.mark.parametrize(
        ("name", "drift", "side"), [("trend", 0.01, 1), ("trend", -0.01, -1), ("momentum", -0.0, 0)]
    )
    def test_lean_the_way_of_the_market(self, name: str, drift: float, side: int) -> None:
        values = [FACTORS[name].read(ClosedBars.of(market(seed, drift=drift))).value for seed in range(20)]

        assert np.sign(round(float(np.mean(values)), 0 if side == 0 else 2)) == side


class TestWeights:
    @pytest.mark.parametrize("name", PRESETS)
    def test_of_the_project_are_whole(self, name: str) -> None:
        assert problem_with(PRESETS[name]) is None

    @pytest.mark.parametrize(
        ("weights", "said"),
        [
            ({"trend": 0.5, "momentum": 0.49}, "0.99"),
            ({"trend": 1.0 - 2e-6}, "0.999998"),
            ({"trend": 1.2, "momentum": -0.2}, "-0.2"),
            ({"astrology": 1.0}, "astrology"),
            ({"trend": float("nan")}, "nan"),
            ({}, "sum to 0"),
        ],
    )
    def test_that_are_no_whole_are_named(self, weights: dict[str, float], said: str) -> None:
        assert said in (problem_with(weights) or "")

    def test_may_miss_a_millionth(self) -> None:
        assert problem_with({"trend": 0.1, "momentum": 0.2, "volume": 0.7 - 5e-7}) is None


class TestScores:
    @pytest.mark.parametrize(
        ("score", "label"),
        [
            (1.0, "strong_buy"), (0.5, "strong_buy"), (0.4999, "buy"), (0.1, "buy"), (0.0999, "neutral"),
            (0.0, "neutral"), (-0.0999, "neutral"), (-0.1, "sell"), (-0.5, "strong_sell"), (-1.0, "strong_sell"),
        ],
    )  # fmt: skip
    def test_are_labelled_from_their_bounds_on(self, score: float, label: str) -> None:
        assert label_of(score) == label

    @given(seed=st.integers(0, 10_000), preset=st.sampled_from(sorted(PRESETS)))
    @settings(max_examples=50, deadline=None)
    def test_are_what_their_parts_add_up_to(self, seed: int, preset: str) -> None:
        score = score_of(ClosedBars.of(market(seed)), PRESETS[preset])

        assert score is not None
        assert score.value == pytest.approx(sum(part.value * part.weight for part in score.contributions))
        assert sum(part.weight for part in score.contributions) == pytest.approx(1.0)

    def test_share_out_the_weight_of_what_is_missing_and_name_it(self) -> None:
        score = score_of(ClosedBars.of(market(3, volume=False)), {"trend": 0.5, "volume": 0.5})

        assert score is not None
        assert score.missing == ("volume",)
        assert [(part.factor, part.weight) for part in score.contributions] == [("trend", 1.0)]

    @given(seed=st.integers(0, 10_000))
    @settings(max_examples=50, deadline=None)
    def test_flip_where_they_say(self, seed: int) -> None:
        score = score_of(ClosedBars.of(market(seed)), PRESETS["balanced"])
        assert score is not None

        for flip in score.flips():
            part = next(part for part in score.contributions if part.factor == flip["factor"])
            beyond = flip["needed"] + 1e-3 * np.sign(flip["needed"] - part.value)
            assert label_of(score.value + (beyond - part.value) * part.weight) == flip["label"]

    def test_of_intervals_count_by_their_weights(self) -> None:
        rows = scan(
            [
                Market(symbol="A", interval=interval, bars=market(seed, drift=drift), age_seconds=0.0)
                for interval, seed, drift in (("1d", 1, 0.01), ("1h", 2, -0.01))
            ],
            {"trend": 1.0},
        )
        day, hour = (row.score.value for row in rows)

        assert by_symbol(rows, {})[0]["score"] == pytest.approx((day + hour) / 2, abs=1e-4)
        assert by_symbol(rows, {"1d": 3.0, "1h": 1.0})[0]["score"] == pytest.approx((3 * day + hour) / 4, abs=1e-4)

    def test_leave_out_a_market_with_too_few_bars(self) -> None:
        short = Market(symbol="A", interval="1d", bars=market(1).iloc[:5], age_seconds=0.0)

        assert scan([short], PRESETS["balanced"]) == []


class TestScorecard:
    def test_knows_what_came_after(self) -> None:
        close = np.array([100.0, 110.0, 99.0])

        assert forward_return_pct(close, 0, 1) == pytest.approx(10.0)
        assert forward_return_pct(close, 0, 2) == pytest.approx(-1.0)
        assert forward_return_pct(close, 1, 2) is None

    def test_gives_the_interval_of_wilson(self) -> None:
        low, high = wilson(8, 10) or (0.0, 0.0)

        # Newcombe, Statistics in Medicine 17 (1998), gives 0.490 and 0.943 for 8 of 10.
        assert (round(low, 3), round(high, 3)) == (0.490, 0.943)

    def test_of_noise_lies_within_the_interval_of_the_baseline(self) -> None:
        inside = 0
        for seed in range(40):
            draw = np.random.default_rng(seed)
            returns = draw.normal(0.02, 1.0, 400)
            outcomes = [
                Outcome(direction=int(side), horizon=1, return_pct=float(value))
                for side, value in zip(draw.choice([-1, 1], 400), returns, strict=True)
            ]
            row = scorecard(outcomes, {1: returns.tolist()})[0]
            low, high = row["signals"]["hit_rate_interval"]
            inside += low <= row["baseline"]["hit_rate"] <= high

        assert inside >= 36

    def test_of_a_signal_that_knows_stands_out(self) -> None:
        returns = np.random.default_rng(5).normal(0.0, 1.0, 400)
        known = np.sign(returns + np.random.default_rng(6).normal(0, 1.0, 400))
        outcomes = [
            Outcome(direction=int(side), horizon=5, return_pct=float(value))
            for side, value in zip(known, returns, strict=True)
        ]

        row = next(row for row in scorecard(outcomes, {5: returns.tolist()}) if row["horizon"] == 5)

        assert row["signals"]["hit_rate_interval"][0] > row["baseline"]["hit_rate"]
        assert row["signals"]["mean_return_interval"][0] > row["baseline"]["mean_return_pct"]

    def test_of_nothing_says_nothing(self) -> None:
        assert [row["horizon"] for row in scorecard([], {})] == list(HORIZONS)
        assert scorecard([], {})[0]["signals"]["hit_rate"] is None
