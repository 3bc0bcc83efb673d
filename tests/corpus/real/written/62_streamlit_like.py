# run: 64 455.0095 Roll
# sound: True
import yfinance as yf
import streamlit as st
import plotly.graph_objects as go
import pandas as pd
from backtesting import Backtest, Strategy

st.title("Backtest app")
symbol = "GOOG"
cash = 20000


@st.cache_data if False else (lambda f: f)
def load(sym):
    d = yf.download(sym, period="max")
    if isinstance(d.columns, pd.MultiIndex):
        d.columns = d.columns.get_level_values(0)
    return d


class Roll(Strategy):
    n = 10

    def init(self):
        self.hi = self.I(lambda x: pd.Series(x).rolling(self.n).max(), self.data.Close)
        self.lo = self.I(lambda x: pd.Series(x).rolling(self.n).min(), self.data.Close)

    def next(self):
        if self.data.Close[-1] >= self.hi[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] <= self.lo[-1] and self.position:
            self.position.close()


data = load(symbol)
bt = Backtest(data, Roll, cash=cash, commission=0.002)
stats = bt.run()
fig = go.Figure(data=[go.Scatter(x=data.index, y=data["Close"])])
st.plotly_chart(fig)
st.write(stats)
