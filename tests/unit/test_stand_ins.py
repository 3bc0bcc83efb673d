"""Stand-ins give the library's names and numbers, and charts give nothing at all."""

import sys

import numpy as np
import pandas as pd
import pytest
from backtesting.test import GOOG

from backtest_engine.stand_ins import charts, pandas_ta

BARS = GOOG.astype(float)
HIGH, LOW, CLOSE, VOLUME = (BARS[name] for name in ("High", "Low", "Close", "Volume"))


class TestPandasTa:
    @pytest.mark.parametrize(
        ("name", "inputs", "column", "last"),
        [
            ("sma", "c", "SMA_10", 797.551),
            ("ema", "c", "EMA_10", 795.6615139),
            ("wma", "c", "WMA_10", 798.3838182),
            ("hma", "c", "HMA_10", 799.6472525),
            ("dema", "c", "DEMA_10", 804.3460707),
            ("tema", "c", "TEMA_10", 802.8317858),
            ("rma", "c", "RMA_10", 786.0644685),
            ("vwma", "cv", "VWMA_10", 797.4478128),
            ("zlma", "c", "ZL_EMA_10", 801.6611859),
            ("trima", "c", "TRIMA_10", 796.1722222),
            ("rsi", "c", "RSI_14", 67.4979828),
            ("macd", "c", "MACD_12_26_9", 15.15418442),
            ("bbands", "c", "BBL_5_2.0", 785.1576981),
            ("atr", "hlc", "ATRr_14", 12.22759326),
            ("natr", "hlc", "NATR_14", 1.516713586),
            ("true_range", "hlc", "TRUERANGE_1", 10.99),
            ("adx", "hlc", "ADX_14", 41.23248914),
            ("stoch", "hlc", "STOCHk_14_3_3", 82.96813731),
            ("stochrsi", "c", "STOCHRSIk_14_14_3_3", 34.24925285),
            ("cci", "hlc", "CCI_14_0.015", 90.52992662),
            ("willr", "hlc", "WILLR_14", -7.893242476),
            ("roc", "c", "ROC_10", 2.331750908),
            ("mom", "c", "MOM_10", 18.37),
            ("obv", "cv", "OBV", 622611400),
            ("mfi", "hlcv", "MFI_14", 59.51495998),
            ("vwap", "hlcv", "VWAP_D", 803.16),
            ("supertrend", "hlc", "SUPERT_7_3.0", 768.1431367),
            ("kc", "hlc", "KCLe_20_2", 760.8573485),
            ("donchian", "hl", "DCL_20_20", 758.1),
            ("aroon", "hl", "AROOND_14", 7.142857143),
            ("chop", "hlc", "CHOP_14_1_100", 56.86365383),
            ("stdev", "c", "STDEV_30", 28.14069647),
            ("variance", "c", "VAR_30", 791.8987979),
            ("zscore", "c", "ZS_30", 1.239767308),
            ("linreg", "c", "LR_14", 803.1508571),
            ("slope", "c", "SLOPE_1", 4.99),
            ("ao", "hl", "AO_5_34", 33.24552941),
            ("ppo", "c", "PPO_12_26_9", 2.085002182),
            ("tsi", "c", "TSI_13_25_13", 32.22832391),
            ("trix", "c", "TRIX_30_9", 0.211710139),
            ("cmo", "c", "CMO_14", 26.6581306),
            ("fisher", "hl", "FISHERT_9_1", 1.630671295),
            ("ha", "ohlc", "HA_open", 799.3515171),
            ("hl2", "hl", "HL2", 801.645),
            ("hlc3", "hlc", "HLC3", 803.16),
            ("ohlc4", "ohlc", "OHLC4", 801.82),
            ("log_return", "c", "LOGRET_1", 0.006208842944),
            ("percent_return", "c", "PCTRET_1", 0.006228157763),
            ("efi", "cv", "EFI_13", 5588443.854),
            ("pvt", "cv", "PVT", 2462740409),
            ("vortex", "hlc", "VTXP_14", 1.060778727),
            ("massi", "hl", "MASSI_9_25", 24.69306569),
            ("kst", "c", "KST_10_15_20_30_10_10_10_15", 7498.69833),
            ("coppock", "c", "COPC_11_14_10", 6.499662349),
            ("er", "c", "ER_10", 0.2770321219),
            ("bop", "ohlc", "BOP", 0.7634212921),
            ("qstick", "oc", "QS_10", -0.144),
            ("median", "c", "MEDIAN_30", 778.15),
            ("quantile", "c", "QTL_30_0.5", 778.15),
            ("skew", "c", "SKEW_30", -1.000483738),
            ("kurtosis", "c", "KURT_30", 0.5188509023),
            ("mad", "c", "MAD_30", 22.81557778),
            ("midpoint", "c", "MIDPOINT_2", 803.695),
            ("midprice", "hl", "MIDPRICE_2", 801.645),
            ("squeeze", "hlc", "SQZ_20_2.0_20_1.5", 21.57166667),
            ("swma", "c", "SWMA_10", 796.2313333),
            ("apo", "c", "APO_12_26", 16.24775641),
            ("wcp", "hlc", "WCP", 803.9175),
            ("ui", "c", "UI_14", 1.07104623),
            ("pvo", "v", "PVO_12_26_9", -2.35152918),
            ("pvol", "cv", "PVOL", 1753785726),
            ("vhf", "c", "VHF_28", 0.5138367266),
            ("bias", "c", "BIAS_SMA_26", 0.03454770428),
        ],
    )
    def test_gives_the_numbers_of_the_library(self, name: str, inputs: str, column: str, last: float) -> None:
        series = {"o": BARS["Open"], "h": HIGH, "l": LOW, "c": CLOSE, "v": VOLUME}

        values = pandas_ta.FUNCTIONS[name](*(series[item] for item in inputs))

        found = values if isinstance(values, pd.Series) else values[column]
        assert found.name == column
        assert found.iloc[-1] == pytest.approx(last, rel=1e-6)

    def test_ignores_arguments_that_it_does_not_know(self) -> None:
        usual = pandas_ta.FUNCTIONS["bbands"](CLOSE, length=20)

        assert pandas_ta.FUNCTIONS["bbands"](CLOSE, length=20, stddev=3, talib=False).equals(usual)

    def test_gives_no_values_where_there_are_too_few_bars(self) -> None:
        assert pandas_ta.FUNCTIONS["sma"](CLOSE.iloc[:5], length=10).isna().all()

    @pytest.mark.parametrize("name", sorted(pandas_ta.ROWS))
    def test_never_looks_ahead(self, name: str) -> None:
        row = pandas_ta.ROWS[name]
        series = {"open_": BARS["Open"], "high": HIGH, "low": LOW, "close": CLOSE, "volume": VOLUME}

        def computed(bars: int) -> pd.DataFrame:
            values = pandas_ta.FUNCTIONS[name](*(series[item].iloc[:bars] for item in row.inputs))
            return pd.DataFrame(values)

        np.testing.assert_allclose(computed(300), computed(400).iloc[:300], rtol=1e-6, atol=1e-6)

    def test_refuses_to_show_later_bars(self) -> None:
        with pytest.raises(ValueError, match="later bars"):
            pandas_ta.FUNCTIONS["sma"](CLOSE, length=10, offset=-1)

    def test_appends_its_columns_to_a_frame(self) -> None:
        pandas_ta.install()
        frame = BARS.copy()

        frame.ta.macd(append=True)

        assert {"MACD_12_26_9", "MACDh_12_26_9", "MACDs_12_26_9"} <= set(frame.columns)

    def test_says_what_it_does_not_have(self) -> None:
        pandas_ta.install()

        with pytest.raises(AttributeError, match="not offered"):
            _ = sys.modules["pandas_ta"].mcgd


class TestCharts:
    def test_take_everything_and_show_nothing(self) -> None:
        figure = charts.Silent()

        fig, ax = figure.subplots(2, 1)
        ax[0].plot([1, 2], label="x")
        fig.axes.title = "x"
        with figure.style.context("dark"):
            figure.show()

    def test_hold_no_numbers(self) -> None:
        with pytest.raises(TypeError):
            _ = charts.Silent() > 1
        with pytest.raises(TypeError):
            float(charts.Silent())  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            bool(charts.Silent())
