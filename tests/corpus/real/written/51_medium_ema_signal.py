# run: 1 -100.0000 MyStrat
# sound: True
import numpy as np
import pandas as pd
import pandas_ta as ta
from tqdm import tqdm
from backtesting import Strategy, Backtest

tqdm.pandas = lambda *a, **k: None

df = pd.read_csv("EURUSD_Candlestick_1_D.csv")
df["Date"] = pd.to_datetime(df["Date"])
df = df[df['High'] != df['Low']]
df.set_index("Date", inplace=True)

df["EMA_slow"] = ta.ema(df.Close, length=50)
df["EMA_fast"] = ta.ema(df.Close, length=30)
df['RSI'] = ta.rsi(df.Close, length=10)
my_bbands = ta.bbands(df.Close, length=15, std=1.5)
df['ATR'] = ta.atr(df.High, df.Low, df.Close, length=7)
df = df.join(my_bbands)
lower = [c for c in df.columns if c.startswith('BBL')][0]
upper = [c for c in df.columns if c.startswith('BBU')][0]


def ema_signal(df, current_candle, backcandles):
    df_slice = df.reset_index().copy()
    start = max(0, current_candle - backcandles)
    end = current_candle
    relevant_rows = df_slice.iloc[start:end]
    if all(relevant_rows["EMA_fast"] < relevant_rows["EMA_slow"]):
        return 1
    elif all(relevant_rows["EMA_fast"] > relevant_rows["EMA_slow"]):
        return 2
    else:
        return 0


def total_signal(df, current_candle, backcandles):
    sig = ema_signal(df, current_candle, backcandles)
    if sig == 2 and df.Close.iloc[current_candle] <= df[lower].iloc[current_candle]:
        return 2
    if sig == 1 and df.Close.iloc[current_candle] >= df[upper].iloc[current_candle]:
        return 1
    return 0


df.reset_index(inplace=True)
df['TotalSignal'] = [total_signal(df, i, 7) if i > 60 else 0 for i in range(len(df))]
df.set_index('Date', inplace=True)


def SIGNAL():
    return df.TotalSignal


class MyStrat(Strategy):
    mysize = 0.99
    slcoef = 1.1
    TPSLRatio = 1.5

    def init(self):
        super().init()
        self.signal1 = self.I(SIGNAL)

    def next(self):
        super().next()
        slatr = self.slcoef * self.data.ATR[-1]
        TPSLRatio = self.TPSLRatio
        if self.signal1 == 2 and len(self.trades) == 0:
            sl1 = self.data.Close[-1] - slatr
            tp1 = self.data.Close[-1] + slatr * TPSLRatio
            self.buy(sl=sl1, tp=tp1, size=self.mysize)
        elif self.signal1 == 1 and len(self.trades) == 0:
            sl1 = self.data.Close[-1] + slatr
            tp1 = self.data.Close[-1] - slatr * TPSLRatio
            self.sell(sl=sl1, tp=tp1, size=self.mysize)


bt = Backtest(df, MyStrat, cash=250, margin=1/30, commission=0.0002)
stats, heatmap = None, None
stats = bt.run()
print(stats)
