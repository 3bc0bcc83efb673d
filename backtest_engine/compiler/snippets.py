"""Small functions that a compiled module carries along when a rule needs them."""

RATIO = '''\
def ratio(top, bottom):
    """Return the quotient; NaN, which no comparison accepts, where the bottom is zero."""
    return top / bottom if bottom else float("nan")
'''

KELLY = '''\
def kelly(trades, least, start, multiple, cap):
    """Return a multiple of Kelly's share for the closed trades: what wins are worth against what losses cost."""
    returns = [trade.pl_pct for trade in trades]
    if len(returns) < least:
        return start
    gains = [value for value in returns if value > 0]
    losses = [-value for value in returns if value <= 0]
    if not gains:
        return 0
    share = len(gains) / len(returns)
    if sum(losses) > 0:
        odds = (sum(gains) / len(gains)) / (sum(losses) / len(losses))
        share -= (1 - share) / odds
    return min(max(multiple * share, 0), cap)
'''

TRADING_DAY = '''\
def trading_day(index, period):
    """Number the trading days of each week, month, quarter or year from 1; 0 where the data begin inside one."""
    spans = index.to_period(period)
    days = index.normalize()
    new_span = np.r_[True, spans[1:] != spans[:-1]]
    new_day = np.r_[True, days[1:] != days[:-1]]
    count = np.cumsum(new_day)
    number = count - np.maximum.accumulate(np.where(new_span, count - 1, 0))
    first_weekday = np.busday_offset(spans[0].start_time.date(), 0, roll="forward")
    if days[0].date() > first_weekday.astype(object):
        number[spans == spans[0]] = 0
    return number.astype(float)
'''

COMPLETED = '''\
def completed(data, timeframe, back, values):
    """Return what a function makes of longer bars, as of the last that had ended or so many before it."""
    index = data.index
    labels = index.to_period(timeframe) if timeframe in ("W", "M") else index.floor(timeframe)
    new = np.r_[True, labels[1:] != labels[:-1]]
    begins = np.flatnonzero(new)
    ends = np.r_[begins[1:], len(index)] - 1
    columns = {name: np.asarray(data[name], float) for name in ("Open", "High", "Low", "Close", "Volume")}
    longer = {
        "Open": columns["Open"][begins],
        "High": np.maximum.reduceat(columns["High"], begins),
        "Low": np.minimum.reduceat(columns["Low"], begins),
        "Close": columns["Close"][ends],
        "Volume": np.add.reduceat(columns["Volume"], begins),
    }
    known = np.atleast_2d(values(longer))
    # The longer bar that a bar belongs to is still forming.
    ended = np.cumsum(new) - 2 - back
    seen = np.where(ended >= 0, known[:, np.maximum(ended, 0)], np.nan)
    return seen[0] if len(seen) == 1 else seen
'''

EARLIER = '''\
def earlier(series, bars):
    """Return a series as it stood so many bars before."""
    moved = np.full(len(series), np.nan)
    moved[bars:] = series[:-bars]
    return moved
'''

QUOTIENTS = '''\
def quotients(top, bottom):
    """Return the quotients of two series; NaN where the bottom is zero."""
    return top / np.where(np.equal(bottom, 0), np.nan, bottom)
'''

SHIFTED = '''\
def shifted(bars, indicator, *series, **parameters):
    """Return an indicator as it stood so many bars before."""
    values = np.atleast_2d(indicator(*series, **parameters))
    earlier = np.full(values.shape, np.nan)
    earlier[:, bars:] = values[:, :-bars]
    return earlier[0] if len(earlier) == 1 else earlier
'''
