"""The names that backtesting.py has, the ones that models believe it has, and what is meant by those."""

from backtest_engine.stand_ins import PACKAGES
from backtest_engine.strategy_modules import STRATEGY_MODULES

BACKTESTING: dict[str, frozenset[str]] = {
    "backtesting": frozenset({"Backtest", "Strategy", "Pool", "set_bokeh_output", "lib", "test", "backtesting"}),
    "backtesting.backtesting": frozenset({"Backtest", "Strategy", "Order", "Position", "Trade"}),
    "backtesting.lib": frozenset(
        [
            "OHLCV_AGG", "TRADES_AGG", "barssince", "compute_stats", "cross", "crossover", "plot_heatmaps",
            "quantile", "random_ohlc_data", "resample_apply", "SignalStrategy", "TrailingStrategy",
            "FractionalBacktest", "MultiBacktest",
        ]
    ),
    "backtesting.test": frozenset({"SMA", "GOOG", "EURUSD", "BTCUSD"}),
}  # fmt: skip

#: Functions that do not exist, and what does the same: `{first}` and `{second}` are the arguments.
UNKNOWN_FUNCTIONS: dict[str, str] = {
    **dict.fromkeys(
        [
            "crossunder", "cross_under", "crossed_under", "crossdown", "cross_down", "crossed_below", "cross_below",
            "crosses_below", "crossunders", "crossing_down", "cross_below_series", "crossbelow", "crossoverdown",
            "crossover_down", "death_cross",
        ],
        "crossover({second}, {first})",
    ),
    **dict.fromkeys(
        [
            "crossup", "cross_up", "crossed_above", "cross_above", "crosses_above", "crossed_over", "cross_over",
            "crossover_up", "crossing_up", "crossabove", "crossesabove", "is_crossover", "golden_cross", "crossed",
        ],
        "crossover({first}, {second})",
    ),
    **dict.fromkeys(("bars_since", "barsince", "bars_since_true"), "barssince({first})"),
}  # fmt: skip

_FRAMEWORK_NAMES = (
    "backtrader bt zipline vectorbt vectorbtpro freqtrade jesse quantconnect AlgorithmImports "
    "lean pyalgotrade catalyst "
    "qstrader nautilus_trader lumibot blankly hummingbot fastquant btalib quantopian "
    "pipeline MetaTrader5 bta finmarketpy"
)
#: Other backtesting frameworks.
FRAMEWORKS = frozenset(_FRAMEWORK_NAMES.split()) - {"pipeline", "btalib"}

#: What strategies can import.
AVAILABLE = frozenset({name.split(".")[0] for name in STRATEGY_MODULES} | PACKAGES | {"backtest_engine"})

#: Modules that reach out of the sandbox; the safety rules speak of them.
REACHING_OUT = frozenset(
    [
        "os", "sys", "subprocess", "socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp",
        "ftplib", "smtplib", "telnetlib", "shutil", "pathlib", "io", "glob", "tempfile", "pickle", "shelve",
        "marshal", "dbm", "sqlite3", "csv", "ctypes", "cffi", "mmap", "signal", "threading", "multiprocessing",
        "concurrent", "asyncio", "importlib", "imp", "pkgutil", "runpy", "builtins", "code", "codeop", "inspect",
        "gc", "traceback", "linecache", "resource", "fcntl", "pty", "platform", "getpass", "webbrowser", "select",
        "selectors", "queue", "sched", "atexit", "faulthandler", "sysconfig", "site", "zipimport", "zipfile",
        "tarfile", "websocket", "websockets", "paramiko", "boto3", "dotenv", "logging", "json", "codecs", "base64",
        "binascii", "dis", "opcode", "types", "weakref", "secrets", "uuid",
    ]
)  # fmt: skip

#: `self.position.x` that does not exist. `{}` is the expression itself.
POSITION_ATTRIBUTES: dict[str, str] = {
    **dict.fromkeys(
        [
            "entry_price", "avg_price", "average_price", "avg_entry_price", "price", "open_price", "entry",
            "cost_basis", "avg_cost", "price_avg",
        ],
        "self.trades[0].entry_price",
    ),
    **dict.fromkeys(("entry_time", "open_time", "entry_date", "opened_at"), "self.trades[0].entry_time"),
    **dict.fromkeys(("entry_bar", "open_bar", "bar_entered", "entry_index"), "self.trades[0].entry_bar"),
    **dict.fromkeys(
        ["is_open", "open", "is_active", "active", "exists", "opened", "is_opened", "in_position", "is_in_position"],
        "bool(self.position)",
    ),
    **dict.fromkeys(("is_flat", "is_closed", "is_none", "flat", "closed", "is_empty"), "(not self.position)"),
    **dict.fromkeys(["quantity", "qty", "amount", "shares", "units", "volume", "contracts"], "self.position.size"),
    **dict.fromkeys(
        ["pnl", "profit", "profit_loss", "unrealized_pnl", "unrealized_pl", "open_pnl", "upnl"], "self.position.pl"
    ),
    **dict.fromkeys(
        [
            "pnl_pct", "profit_pct", "pl_percent", "return_pct", "pct_return", "returns", "pnl_percent",
            "unrealized_pnl_pct",
        ],
        "self.position.pl_pct",
    ),
    **dict.fromkeys(
        ["bars", "bars_held", "duration", "age", "bars_since_entry", "holding_period", "bars_in_trade"],
        "(len(self.data) - 1 - self.trades[0].entry_bar)",
    ),
    "size_pct": "(self.position.size * self.data.Close[-1] / self.equity)",
    "long": "self.position.is_long",
    "short": "self.position.is_short",
    "isLong": "self.position.is_long",
    "isShort": "self.position.is_short",
    "value": "(self.position.size * self.data.Close[-1])",
    "sl": "self.trades[0].sl",
    "tp": "self.trades[0].tp",
    "stop_loss": "self.trades[0].sl",
    "take_profit": "self.trades[0].tp",
    "trades": "self.trades",
}  # fmt: skip
POSITION_METHODS = frozenset(
    ["exit", "close_all", "liquidate", "flatten", "sell", "reduce", "close_position", "exit_all"]
)
POSITION_VALID = frozenset({"size", "pl", "pl_pct", "is_long", "is_short", "close"})

#: `self.x` that no strategy has.
STRATEGY_METHODS: dict[str, str] = {
    **dict.fromkeys(
        [
            "close", "exit", "close_position", "close_positions", "exit_position", "liquidate", "sell_all",
            "close_all", "flatten", "exit_all", "close_trade", "close_all_positions", "exit_long", "exit_short",
            "close_long", "close_short", "go_flat", "liquidate_all",
        ],
        "self.position.close()",
    ),
    **dict.fromkeys(
        ["go_long", "enter_long", "buy_market", "open_long", "market_buy", "long", "buy_all"], "self.buy({})"
    ),
    **dict.fromkeys(
        ["go_short", "enter_short", "sell_market", "open_short", "short", "sell_short", "market_sell"], "self.sell({})"
    ),
}  # fmt: skip
STRATEGY_VALUES: dict[str, str] = {
    **dict.fromkeys(
        [
            "cash", "capital", "balance", "account_value", "portfolio_value", "account_balance", "available_cash",
            "total_equity",
        ],
        "self.equity",
    ),
    **dict.fromkeys(
        ["bar_index", "bar", "current_bar", "n_bars", "bar_count", "bar_num", "current_index", "candle_index"],
        "(len(self.data) - 1)",
    ),
    **dict.fromkeys(
        ["has_position", "in_position", "is_in_position", "position_open", "is_invested", "invested"],
        "bool(self.position)",
    ),
    **dict.fromkeys(("is_long", "is_short"), "self.position.{name}"),
    **dict.fromkeys(("Open", "High", "Low", "Close", "Volume"), "self.data.{name}"),
    **dict.fromkeys(("price", "current_price", "last_price"), "self.data.Close[-1]"),
    **dict.fromkeys(("datetime", "current_time", "now", "current_date"), "self.data.index[-1]"),
    **dict.fromkeys(("datas",), "self.data"),
}  # fmt: skip
STRATEGY_SILENT = frozenset(
    ["log", "notify", "notify_order", "notify_trade", "print", "debug", "plot", "plot_indicator", "record"]
)
STRATEGY_VALID = frozenset(
    [
        "I", "buy", "sell", "data", "position", "orders", "trades", "closed_trades", "equity", "init", "next",
        "_broker", "_data", "_params", "_indicators",
    ]
)  # fmt: skip

TRADE_ATTRIBUTES: dict[str, str] = {
    **dict.fromkeys(["profit", "pnl", "profit_loss", "unrealized_pnl", "unrealized_pl", "net_profit"], "pl"),
    **dict.fromkeys(["profit_pct", "pnl_pct", "return_pct", "pl_percent", "pct_return", "returns"], "pl_pct"),
    **dict.fromkeys(["entry_date", "open_time", "entry_datetime", "open_date", "opened_at"], "entry_time"),
    **dict.fromkeys(["exit_date", "close_time", "exit_datetime"], "exit_time"),
    **dict.fromkeys(["stop_loss", "stoploss", "stop", "sl_price"], "sl"),
    **dict.fromkeys(["take_profit", "takeprofit", "target", "tp_price"], "tp"),
    **dict.fromkeys(["price", "open_price", "avg_price", "entry"], "entry_price"),
    **dict.fromkeys(["bar", "open_bar", "entry_index", "bar_index", "start_bar"], "entry_bar"),
    **dict.fromkeys(["quantity", "qty", "amount", "shares", "units"], "size"),
}
TRADE_VALID = frozenset(
    [
        "size", "entry_price", "exit_price", "entry_bar", "exit_bar", "tag", "entry_time", "exit_time", "is_long",
        "is_short", "pl", "pl_pct", "value", "sl", "tp", "close",
    ]
)  # fmt: skip

SHARE_ARGUMENTS = frozenset(
    ["percent", "pct", "size_pct", "percentage", "portion", "fraction", "weight", "size_percent", "equity_pct"]
)
ORDER_VALID = frozenset({"size", "limit", "stop", "sl", "tp", "tag"})
ORDER_ARGUMENTS: dict[str, str] = {
    **dict.fromkeys(
        ["stop_loss", "stoploss", "sl_price", "stop_loss_price", "stopLoss", "SL", "stop_price_loss"], "sl"
    ),
    **dict.fromkeys(
        ["take_profit", "takeprofit", "tp_price", "target", "take_profit_price", "takeProfit", "TP", "profit_target"],
        "tp",
    ),
    **dict.fromkeys(
        [
            "qty", "quantity", "shares", "units", "amount", "volume", "contracts", "lots", "lot_size",
            "position_size", "num_shares",
        ],
        "size",
    ),
    **dict.fromkeys(sorted(SHARE_ARGUMENTS), "size"),
    **dict.fromkeys(["limit_price", "limitPrice"], "limit"),
    **dict.fromkeys(["stop_price", "trigger", "trigger_price", "stopPrice"], "stop"),
    **dict.fromkeys(["comment", "label", "name", "reason", "id", "note", "signal", "entry_tag"], "tag"),
    **dict.fromkeys(
        ["exectype", "order_type", "type", "when", "ticker", "symbol", "data", "side", "market", "tif", "price"], ""
    ),
}  # fmt: skip


def home_of(name: str) -> str | None:
    """Return `module:name` of a name of backtesting.py, forgiving its spelling; None for one that it does not have."""
    flat = name.lower().replace("_", "")
    for module in ("backtesting", "backtesting.lib", "backtesting.test"):
        for known in sorted(BACKTESTING[module] - {"lib", "test", "backtesting"}):
            if known == name or known.lower() == flat:
                return f"{module}:{known}"
    for misspelt, right in (("crosover", "crossover"), ("stratgy", "Strategy"), ("strateg", "Strategy")):
        if misspelt in flat:
            return next(f"{module}:{right}" for module, names in BACKTESTING.items() if right in names)
    return None
