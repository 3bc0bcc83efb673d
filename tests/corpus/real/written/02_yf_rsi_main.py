# run: 47 -2.0431 RsiReversion
# sound: True
"""RSI mean reversion on a single ticker."""
import yfinance as yf
import talib
from backtesting import Backtest, Strategy


class RsiReversion(Strategy):
    period = 14
    lower = 30
    upper = 70
    stop_pct = 0.08

    def init(self):
        self.rsi = self.I(talib.RSI, self.data.Close, timeperiod=self.period)

    def next(self):
        price = self.data.Close[-1]
        if self.rsi[-1] < self.lower and not self.position:
            self.buy(sl=price * (1 - self.stop_pct))
        if self.rsi[-1] > self.upper and self.position.is_long:
            self.position.close()


def get_data(ticker, start, end):
    data = yf.download(ticker, start=start, end=end, progress=False)
    if hasattr(data.columns, 'nlevels') and data.columns.nlevels > 1:
        data.columns = data.columns.droplevel(1)
    return data[['Open', 'High', 'Low', 'Close', 'Volume']]


if __name__ == '__main__':
    data = get_data('GOOG', '2004-08-19', '2013-03-01')
    bt = Backtest(data, RsiReversion, cash=25_000, commission=.0015)
    result = bt.run(period=10, lower=35)
    print(result)
    bt.plot(open_browser=False)
