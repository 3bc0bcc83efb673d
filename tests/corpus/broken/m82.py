# expect: state/state_in_class
# intent: Three lower closes in a row buy, exit 5 bars after the entry bar.
# ends: sound
from backtesting import Strategy

history = []


class ThreeDown(Strategy):
    def init(self):
        pass

    def next(self):
        history.append(self.data.Close[-1])
        if self.position:
            if len(self.data) - 1 - self.trades[0].entry_bar >= 5:
                self.position.close()
        elif len(history) > 3 and history[-1] < history[-2] < history[-3] < history[-4]:
            self.buy()
