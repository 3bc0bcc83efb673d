# expect: structure/no_strategy_class
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
import pandas as pd


def strategy(df):
    df['fast'] = df['Close'].rolling(10).mean()
    df['slow'] = df['Close'].rolling(20).mean()
    df['signal'] = 0
    df.loc[df['fast'] > df['slow'], 'signal'] = 1
    df['position'] = df['signal'].diff()
    return df
