"""What strategies can import: loaded before the sandbox is locked, known to the diagnosis from the same list."""

STRATEGY_MODULES = (
    # Numbers
    *("numpy", "numpy.fft", "numpy.linalg", "numpy.polynomial", "numpy.random", "numpy.ma", "numpy.testing"),
    *("numpy.char", "numpy.rec", "numpy.lib.stride_tricks", "numpy.lib.recfunctions"),
    *("pandas", "pandas.api.types", "pandas.tseries.offsets", "pandas.tseries.frequencies"),
    *("pandas.core.reshape.reshape", "pandas.io.formats.string", "pandas.io.formats.format", "talib"),
    *("ta", "ta.momentum", "ta.others", "ta.trend", "ta.utils", "ta.volatility", "ta.volume", "ta.wrapper"),
    *("pandas.core.methods.describe", "pandas.core.methods.to_dict", "pandas.core.methods.select"),
    *("pandas.io.formats.csvs", "pandas.io.formats.html", "pandas.tseries.holiday"),
    *("backtesting", "backtesting.lib", "backtest_engine.indicators"),
    # The harmless part of the standard library
    *("abc", "array", "bisect", "calendar", "cmath", "collections", "collections.abc", "contextlib", "copy"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "gc", "hashlib", "heapq", "inspect"),
    *("itertools", "json", "logging", "math", "numbers", "operator", "pprint", "queue", "random", "re", "statistics"),
    *("string", "struct", "sys", "textwrap", "threading", "time", "traceback", "types", "typing", "unittest.mock"),
    *("glob", "csv", "signal", "tempfile", "shutil", "platform"),
    *("uuid", "warnings", "weakref", "zoneinfo", "__future__", "secrets", "os", "io", "pathlib", "copyreg", "codecs"),
    *("encodings.idna", "encodings.ascii", "encodings.latin_1", "encodings.unicode_escape", "unicodedata", "_strptime"),
)
