# expect: api/other_framework
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from zipline.api import order_target_percent, record, symbol


def initialize(context):
    context.asset = symbol('GOOG')


def handle_data(context, data):
    short = data.history(context.asset, 'price', bar_count=10, frequency='1d').mean()
    long = data.history(context.asset, 'price', bar_count=20, frequency='1d').mean()
    if short > long:
        order_target_percent(context.asset, 1)
    elif short < long:
        order_target_percent(context.asset, 0)
    record(short=short, long=long)
