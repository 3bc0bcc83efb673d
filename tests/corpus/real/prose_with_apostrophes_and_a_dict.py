# The text below this comment is a model's raw answer.
# outcome: mended
# trades: 33
# return_pct: 398.433
# verified: True
I've fixed the code. Here's the corrected version:

```python
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA

SETTINGS = dict(periods={
    "fast": 10,
    "slow": 30,
}, name="cross")


class Cross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, SETTINGS["periods"]["fast"])
        self.slow = self.I(SMA, self.data.Close, SETTINGS["periods"]["slow"])

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()
```
