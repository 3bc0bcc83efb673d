# run: 1 616.7096 G
# sound: False
import logging
from datetime import datetime
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA

logging.basicConfig(filename=f"bt_{datetime.now():%Y%m%d}.log", level=logging.DEBUG)
log = logging.getLogger(__name__)
signals = []


class G(Strategy):
    windows = [10, 30]

    def init(self):
        self.ma = [self.I(SMA, self.data.Close, w, name=f"SMA{w}") for w in self.windows]

    def next(self):
        a, b = (m[-1] for m in self.ma)
        if a > b and not self.position:
            signals.append((self.data.index[-1], "buy"))
            log.info("buy %s", self.data.index[-1])
            self.buy()
        elif a < b and self.position:
            signals.append((self.data.index[-1], "sell"))
            self.position.close()


bt = Backtest(GOOG, G, cash=10_000, commission=.002)
bt.run()
print(len(signals), signals[:3])
