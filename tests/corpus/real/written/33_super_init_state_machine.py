# run: 40 200.2946 Machine
# sound: True
import enum
import pandas as pd
from collections import deque
from backtesting import Backtest, Strategy


class State(enum.Enum):
    FLAT = 0
    ARMED = 1
    LONG = 2


class Machine(Strategy):
    n = 20
    pullback = 3

    def init(self):
        self.state = State.FLAT
        self.window = deque(maxlen=self.n)
        self.down = 0

    def next(self):
        c = float(self.data.Close[-1])
        high = max(self.window) if len(self.window) == self.n else None
        self.window.append(c)
        if high is None:
            return
        if self.state is State.FLAT and c > high:
            self.state = State.ARMED
            self.down = 0
        elif self.state is State.ARMED:
            self.down = self.down + 1 if c < self.data.Close[-2] else 0
            if self.down >= self.pullback:
                self.buy()
                self.state = State.LONG
        elif self.state is State.LONG and c < min(list(self.window)[-10:-1]):
            self.position.close()
            self.state = State.FLAT


def prepare(path):
    df = pd.read_csv(path)
    df.columns = [x.title() for x in df.columns]
    df["Date"] = pd.to_datetime(df["Date"])
    return df.set_index("Date")[["Open", "High", "Low", "Close", "Volume"]]


if __name__ == "__main__":
    bt = Backtest(prepare("GOOG.csv"), Machine, cash=10_000, commission=.002)
    print(bt.run())
