# run: 21 119.4085 LinReg
# sound: True
import numpy as np
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class LinReg(Strategy):
    n = 50

    def init(self):
        def slope(c):
            c = np.asarray(c)
            x = np.arange(self.n)
            out = np.full(c.shape, np.nan)
            for i in range(self.n, len(c)):
                out[i] = np.polyfit(x, c[i - self.n + 1:i + 1], 1)[0]
            return out
        self.slope = self.I(slope, self.data.Close)

    def next(self):
        if self.slope[-1] > 0 and not self.position:
            self.buy()
        elif self.slope[-1] < 0 and self.position:
            self.position.close()


bt = Backtest(GOOG, LinReg, cash=10_000, commission=.002, finalize_trades=True)
stats = bt.run()
for key in ('Return [%]', 'Sharpe Ratio', 'Max. Drawdown [%]'):
    print(f'{key:>20}: {stats[key]:.3f}')
