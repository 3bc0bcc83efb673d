# run: 197 245.4702 HA
# sound: True
#!/usr/bin/env python
# coding: utf-8

# In[1]:


import pandas as pd
import numpy as np
get_ipython = None
from backtesting import Strategy
from backtesting import Backtest


# In[2]:


df = pd.read_csv('/content/drive/MyDrive/GOOG.csv')
df.index = pd.to_datetime(df.Date)
df = df.drop(columns=['Date'])
df.tail(3)


# In[3]:


def Heikin(o, h, l, c):
    o = np.array(o); h = np.array(h); l = np.array(l); c = np.array(c)
    hc = (o + h + l + c) / 4
    ho = np.zeros(len(c))
    ho[0] = (o[0] + c[0]) / 2
    for i in range(1, len(c)):
        ho[i] = (ho[i-1] + hc[i-1]) / 2
    return ho, hc


class HA(Strategy):
    def init(self):
        self.ha = self.I(Heikin, self.data.Open, self.data.High, self.data.Low, self.data.Close)

    def next(self):
        green = self.ha[1][-1] > self.ha[0][-1]
        green_before = self.ha[1][-2] > self.ha[0][-2]
        if green and green_before and not self.position:
            self.buy()
        if not green and self.position:
            self.position.close()


# In[4]:


bt = Backtest(df, HA, cash=10000, commission=.001)
stats = bt.run()
stats


# In[5]:


print('Sharpe: ' + str(round(stats['Sharpe Ratio'], 2)))
