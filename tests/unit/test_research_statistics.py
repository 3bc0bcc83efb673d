"""The statistics reproduce what was published, and do not cry wolf on noise."""

import math

import numpy as np
import pytest

from backtest_engine.research.statistics import bootstrap, multiplicity, overfitting, permutation, sharpe
from tests.unit.research import trade


class TestSharpe:
    def test_the_deflated_ratio_is_that_of_the_published_example(self) -> None:
        # Bailey and López de Prado 2014, p. 10: 5 years of 250 days, Sharpe 2.5 a year, N = 100, V = 1/2 a year.
        measured = sharpe.Moments(bars=1250, sharpe=2.5 / math.sqrt(250), skew=-3.0, kurtosis=10.0)
        largest = sharpe.expected_largest_sharpe(tries=100, variance_of_tries=0.5 / 250)

        assert largest == pytest.approx(0.1132, abs=5e-5)
        assert sharpe.deflated_sharpe(measured, tries=100, variance_of_tries=0.5 / 250) == pytest.approx(
            0.9004, abs=5e-5
        )

    def test_the_same_after_46_tries_is_that_of_the_published_example(self) -> None:
        measured = sharpe.Moments(bars=1250, sharpe=2.5 / math.sqrt(250), skew=-3.0, kurtosis=10.0)

        assert sharpe.deflated_sharpe(measured, tries=46, variance_of_tries=0.5 / 250) == pytest.approx(
            0.9505, abs=5e-4
        )

    def test_the_probabilistic_ratio_is_that_of_the_published_example(self) -> None:
        # Bailey and López de Prado 2012: 24 months, annual Sharpe 1.5 (0.458 a month), skew −2.448, kurtosis 10.164.
        measured = sharpe.Moments(bars=24, sharpe=0.458, skew=-2.448, kurtosis=10.164)

        assert sharpe.probabilistic_sharpe(measured) == pytest.approx(0.913, abs=5e-4)

    def test_moments_are_those_of_the_sample(self) -> None:
        returns = np.array([0.01, -0.02, 0.03, 0.0, 0.05])
        measured = sharpe.moments(returns)

        assert measured.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
        centred = returns - returns.mean()
        assert measured.skew == pytest.approx((centred**3).mean() / returns.std() ** 3)
        assert measured.kurtosis == pytest.approx((centred**4).mean() / returns.std() ** 4)

    def test_one_try_is_not_deflated_and_no_movement_says_nothing(self) -> None:
        measured = sharpe.moments(np.array([0.01, -0.005] * 50))

        assert sharpe.deflated_sharpe(measured, tries=1, variance_of_tries=0.0) == sharpe.probabilistic_sharpe(measured)
        assert sharpe.moments(np.zeros(50)).sharpe is None
        assert sharpe.probabilistic_sharpe(sharpe.moments(np.full(9, 0.01))) is None


class TestOverfitting:
    def test_noise_is_overfitted_as_often_as_not_and_an_edge_is_not(self) -> None:
        random = np.random.default_rng(1)
        noise = [_pbo(random.normal(0, 0.01, (500, 40))) for _ in range(40)]
        edge = random.normal(0, 0.01, (500, 40)) + np.linspace(0, 0.003, 40)

        assert 0.4 < float(np.mean(noise)) < 0.6
        assert _pbo(edge) < 0.05

    def test_block_sums_give_what_the_returns_give(self) -> None:
        returns = np.random.default_rng(2).normal(0, 1, (60, 5))
        halves = [list(range(6)), [0, 2, 4, 6, 8, 1]]
        sums = np.stack([overfitting.block_sums(column) for column in returns.T])
        for blocks in halves:
            half = np.zeros(10)
            half[blocks] = 1
            rows = np.concatenate([np.arange(6 * block, 6 * block + 6) for block in blocks])
            whole = returns[rows].mean(axis=0) / returns[rows].std(axis=0)
            assert overfitting._sharpe(half[None], sums)[0] == pytest.approx(whole)

    def test_one_candidate_cannot_be_overfitted(self) -> None:
        assert overfitting.probability_of_overfitting(np.ones((1, 3, 10))) is None


class TestBootstrap:
    def test_intervals_hold_the_truth_as_often_as_they_say(self) -> None:
        held = 0
        for seed in range(100):
            returns = np.random.default_rng(seed).normal(0.001, 0.01, 300)
            low, high = bootstrap.of_returns(returns, samples=300, seed=seed)["intervals"]["sharpe_per_bar"]
            held += low <= 0.1 <= high
        assert 82 <= held <= 97

    def test_rows_are_blocks_and_a_seed_repeats_them(self) -> None:
        rows = bootstrap.stationary_rows(200, samples=50, length=10, seed=3)
        follows = (np.diff(rows, axis=1) % 200 == 1).mean()

        assert follows == pytest.approx(0.9, abs=0.02)
        assert (rows == bootstrap.stationary_rows(200, samples=50, length=10, seed=3)).all()

    def test_the_block_length_and_the_test_of_many_agree_with_arch(self) -> None:
        arch = pytest.importorskip("arch.bootstrap")
        random = np.random.default_rng(5)
        noise = random.normal(0, 1, 800)
        series = np.zeros(800)
        for row in range(1, 800):
            series[row] = 0.5 * series[row - 1] + noise[row]

        ours = bootstrap.block_length(series)
        # arch takes the lag after the last significant one, the paper that one itself.
        assert ours == pytest.approx(float(arch.optimal_block_length(series)["stationary"].iloc[0]), rel=0.1)

        returns = random.normal(0, 0.01, (400, 10))
        returns[:, 3] += 0.0009
        theirs = arch.SPA(np.zeros(400), -returns, block_size=5, seed=1, reps=2000)
        theirs.compute()
        assert multiplicity.superior_ability(returns, samples=2000)["p"] == pytest.approx(
            float(theirs.pvalues["consistent"]), abs=0.08
        )


class TestManyResults:
    def test_the_test_of_many_rarely_calls_noise_superior(self) -> None:
        random = np.random.default_rng(7)
        small = [
            multiplicity.superior_ability(random.normal(0, 1, (250, 20)), samples=200)["p"] < 0.05 for _ in range(100)
        ]
        assert sum(small) <= 11

    def test_holm_corrects_as_in_the_textbook(self) -> None:
        assert multiplicity.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


class TestPermutation:
    def test_random_entries_are_rarely_significant_and_perfect_ones_are(self) -> None:
        random = np.random.default_rng(11)
        small = 0
        for seed in range(100):
            opens = 100 * np.exp(np.cumsum(random.normal(0.0005, 0.01, 400)))
            starts = np.sort(random.choice(np.arange(0, 380, 10), 12, replace=False))
            found = permutation.entry_permutation(
                [trade(int(start), int(start) + 5) for start in starts], opens, samples=200, seed=seed
            )
            assert found is not None
            small += found.p <= 0.05
        assert small <= 11

        opens = np.tile([100.0, 110.0], 100)
        perfect = permutation.entry_permutation([trade(row, row + 1) for row in range(0, 40, 2)], opens)
        assert perfect is not None
        assert perfect.p < 0.01

    def test_the_best_of_many_tries_is_held_to_more(self) -> None:
        seldom = permutation.Permutation(p=0.03, samples=999, earned=0.0, middle=0.0, score=1.9)
        never = permutation.Permutation(p=0.001, samples=999, earned=0.0, middle=0.0, score=6.0)

        assert seldom.after(1) == pytest.approx(0.03)
        assert seldom.after(10) == pytest.approx(1 - 0.97**10)
        assert never.after(10_000) < 1e-4

    def test_holding_all_the_time_has_no_other_times(self) -> None:
        assert permutation.entry_permutation([trade(0, 99)], np.linspace(1, 2, 100)) is None
        assert permutation.entry_permutation([], np.linspace(1, 2, 100)) is None


def _pbo(returns: np.ndarray) -> float:
    found = overfitting.probability_of_overfitting(np.stack([overfitting.block_sums(row) for row in returns.T]))
    assert found is not None
    return found.probability
