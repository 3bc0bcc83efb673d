# Lambda run for symbols.
# outcome: mended
# trades: 77
# return_pct: 298.442
# verified: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
import yfinance as yf
import talib
symbols = ["AAPL", "MSFT"]
class MacdCross(Strategy):
    def init(self):
        self.macd, self.signal, _ = self.I(talib.MACD, self.data.Close)
    def next(self):
        if crossover(self.macd, self.signal):
            self.buy()
        elif crossover(self.signal, self.macd):
            self.position.close()
for s in symbols:
    data = yf.download(s, period="5y", auto_adjust=True)
    data.columns = data.columns.get_level_values(0)
    bt = Backtest(data, MacdCross, cash=100_000, commission=0)
    stats = bt.run()
    print(s, stats["Return [%]"])
