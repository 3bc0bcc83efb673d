# run: 21 128.6546 MACrossSignal
# sound: True
from backtesting.test import GOOG, SMA
from backtesting import Backtest
from backtesting.lib import SignalStrategy
import pandas as pd


class MACrossSignal(SignalStrategy):
    n1 = 20
    n2 = 50

    def init(self):
        super().init()
        fast = self.I(SMA, self.data.Close, self.n1)
        slow = self.I(SMA, self.data.Close, self.n2)
        signal = (pd.Series(fast) > slow).astype(int).diff().fillna(0)
        self.set_signal(entry_size=signal.replace(-1, 0) * .9, exit_portion=(signal == -1).astype(int))


bt = Backtest(GOOG, MACrossSignal, commission=.002)
print(bt.run())
bt.plot()
