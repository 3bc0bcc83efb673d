# run: 4 -100.0000 BBRevert
# sound: True
# %% [markdown]
# # Bollinger mean reversion

# %%
import pandas as pd
import numpy as np
import seaborn as sns
import matplotlib.pyplot as plt
from backtesting import Backtest, Strategy

sns.set_theme()

# %%
df = pd.read_csv("GOOG.csv", parse_dates=True, index_col=0)
df.head()

# %%
df["ret"] = df["Close"].pct_change()
df["ret"].hist(bins=50)
plt.show()

# %%
df.isna().sum()
df.describe().T

# %%
def bb(close, n=20, k=2.0):
    s = pd.Series(close)
    m = s.rolling(n).mean()
    sd = s.rolling(n).std()
    return np.array([m - k * sd, m, m + k * sd])


class BBRevert(Strategy):
    n = 20
    k = 2.0

    def init(self):
        self.bands = self.I(bb, self.data.Close, self.n, self.k)

    def next(self):
        lower, mid, upper = self.bands
        c = self.data.Close[-1]
        if not self.position:
            if c < lower[-1]:
                self.buy()
            elif c > upper[-1]:
                self.sell()
        else:
            if self.position.is_long and c >= mid[-1]:
                self.position.close()
            if self.position.is_short and c <= mid[-1]:
                self.position.close()

# %%
bt = Backtest(df[["Open", "High", "Low", "Close", "Volume"]], BBRevert, cash=20_000, commission=0.001, margin=0.5)
res = bt.run(n=30)
res

# %%
bt.plot()
