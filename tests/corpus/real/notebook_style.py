# Notebook style.
# outcome: mended
# trades: 26
# return_pct: -0.195
# verified: True
# In[1]:
import warnings
warnings.filterwarnings("ignore")
from IPython.display import display
import plotly.graph_objects as go
import pandas as pd, numpy as np
pd.set_option("display.max_columns", None)
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
# In[2]:
df = GOOG.copy()
df["ret"] = df["Close"].pct_change()
display(df.head())
fig = go.Figure(data=[go.Candlestick(x=df.index, open=df.Open, high=df.High, low=df.Low, close=df.Close)])
fig.show()
# In[3]:
def zscore(x, n=30):
    s = pd.Series(x)
    return (s - s.rolling(n).mean()) / s.rolling(n).std()
class Z(Strategy):
    entry = -2
    def init(self):
        self.z = self.I(zscore, self.data.Close)
    def next(self):
        if self.z[-1] < self.entry and not self.position:
            self.buy()
        elif self.z[-1] > 0 and self.position.is_long:
            self.position.close()
# In[4]:
bt = Backtest(df, Z, cash=10_000, commission=.002)
stats = bt.run()
stats
# In[5]:
stats["_equity_curve"]["Equity"].plot()
