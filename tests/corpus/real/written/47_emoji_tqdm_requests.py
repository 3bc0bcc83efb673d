# run: 24 79.2834 Ausbruch
# sound: True
# Bitcoin/stock breakout – Übungscode
import time
import requests
import pandas as pd
from tqdm import tqdm
from backtesting import Backtest, Strategy


def fetch_klines(symbol="BTCUSDT", interval="1d", limit=500):
    url = "https://api.binance.com/api/v3/klines"
    r = requests.get(url, params={"symbol": symbol, "interval": interval, "limit": limit}, timeout=10)
    return pd.DataFrame(r.json())


def load_local():
    df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
    for _ in tqdm(range(3)):
        time.sleep(0)
    return df


class Ausbruch(Strategy):
    tage = 30

    def init(self):
        hoch = self.data.High
        self.hoechst = self.I(lambda x: pd.Series(x).rolling(self.tage).max().shift(1), hoch)
        self.tief = self.I(lambda x: pd.Series(x).rolling(self.tage // 2).min().shift(1), self.data.Low)

    def next(self):
        kurs = self.data.Close[-1]
        if not self.position and kurs > self.hoechst[-1]:
            self.buy()
        elif self.position and kurs < self.tief[-1]:
            self.position.close()


df = load_local()
bt = Backtest(df, Ausbruch, cash=10_000, commission=.002)
print(bt.run(tage=40))
