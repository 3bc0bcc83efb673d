"""Which expressions hold a value for every bar at once, as far as the code of `init` alone can tell.

Outside `next`, `self.data.Close` is the whole file. A number computed from all of it, or a value taken from another
row than its own, knows the future. Windows (`rolling`, `expanding`, `ewm`) and slices do not hold the whole file.
"""

import ast
from collections.abc import Iterator

from backtest_engine.diagnostics.source import Function, Source, pairs

COLUMNS = frozenset({"Open", "High", "Low", "Close", "Volume"})
REDUCTIONS = frozenset(
    [
        "mean", "std", "var", "max", "min", "sum", "median", "quantile", "percentile", "ptp", "argmax", "argmin",
        "idxmax", "idxmin", "prod", "average", "nanmean", "nanstd", "nanmax", "nanmin", "nanmedian", "nanpercentile",
        "nanquantile", "nansum", "amax", "amin", "skew", "kurt", "corr", "cov", "autocorr", "describe", "kurtosis",
        "sem", "mode", "nunique", "fmean", "fsum", "dot", "vdot", "inner", "trapezoid", "count_nonzero",
    ]
)  # fmt: skip
_WINDOWS = frozenset({"rolling", "expanding", "ewm", "groupby", "resample"})
_FITS = frozenset(
    [
        "numpy.polyfit", "numpy.linalg.lstsq", "numpy.linalg.solve", "numpy.linalg.pinv", "numpy.linalg.svd",
        "numpy.cov", "numpy.corrcoef", "numpy.histogram", "numpy.fft.fft", "numpy.fft.rfft",
    ]
)  # fmt: skip


class Flow:
    """Follows whole-file arrays through `init` and the functions it hands them to."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen: set[tuple[int, frozenset[str]]] = set()
        #: Reductions over the whole file, and fits to it, in the order of the code.
        self.reductions: list[ast.Call] = []
        self.fits: list[ast.Call] = []
        self.whole_nodes: set[ast.AST] = set()
        #: Single rows from the end of the file, by number or by `tail`.
        self.ends: list[ast.expr] = []
        #: Attributes that hold a whole-file value and are not indicators.
        self.raw: dict[str, ast.expr] = {}
        init = source.methods.get("init")
        if init is not None:
            self._follow(init, {})

    def whole(self, node: ast.AST | None, env: dict[str, str]) -> str:
        """Return `whole`, `window`, `table` (a row of values for every bar), `length` or an empty string."""
        kind = self._kind(node, env)
        if kind == "whole" and node is not None:
            self.whole_nodes.add(node)
        return kind

    def _kind(self, node: ast.AST | None, env: dict[str, str]) -> str:  # noqa: C901 - one case for each form
        match node:
            case ast.Name(id=name):
                return env.get(name, "")
            case ast.Attribute():
                label = self.source.dotted(node)
                if label in env:
                    return env[label]
                if label.startswith("self.data."):
                    return "whole" if label.split(".")[2] in {*COLUMNS, "df"} else ""
                return self.whole(node.value, env) if node.attr not in {"shape", "size", "index", "name"} else ""
            case ast.Subscript(value=value, slice=index):
                if self.source.dotted(value) == "self.data":
                    return "whole" if isinstance(index, ast.Constant) else ""
                held = self.whole(value, env)
                if held == "whole" and self._is_last_row(node, index):
                    self.ends.append(node)
                if held == "whole" and self._selects_rows(index, env):
                    return ""
                return held
            case ast.Call():
                return self._call(node, env)
            case ast.BinOp(left=left, right=right):
                kinds = (self.whole(left, env), self.whole(right, env))
                return "whole" if "whole" in kinds else "length" if "length" in kinds else ""
            case ast.Compare(left=left, comparators=others):
                return "whole" if any(self.whole(item, env) == "whole" for item in (left, *others)) else ""
            case ast.UnaryOp(operand=operand):
                return self.whole(operand, env)
            case ast.BoolOp(values=values):
                return "whole" if "whole" in [self.whole(value, env) for value in values] else ""
            case ast.IfExp(test=test, body=body, orelse=other):
                self.whole(test, env)
                return self.whole(body, env) or self.whole(other, env)
            case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
                return self.whole(item, env)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return "whole" if any(self.whole(item, env) == "whole" for item in items) else ""
        return ""

    def _selects_rows(self, index: ast.expr, env: dict[str, str]) -> bool:
        if isinstance(index, ast.Constant):
            return not isinstance(index.value, str)
        if isinstance(index, ast.Slice):
            return not self._reaches_the_end(index, env)
        if isinstance(index, ast.List):
            return False
        return self.whole(index, env) != "whole"

    def _reaches_the_end(self, index: ast.Slice, env: dict[str, str]) -> bool:
        """Whether a slice is fixed and takes in bars that a moment in the file does not know: `[:-1]`, `[n // 2 :]`.

        `[:100]` are the first bars, and bounds that vary, as in a loop, make a window.
        """
        bounds = [bound for bound in (index.lower, index.upper) if bound is not None]
        fixed = all(_number(bound) is not None or self.whole(bound, env) == "length" for bound in bounds)
        upper = None if index.upper is None else _number(index.upper)
        return fixed and not (upper is not None and upper >= 0)

    def _is_last_row(self, node: ast.Subscript, index: ast.expr) -> bool:
        number = _number(index)
        return number is not None and number < 0 and isinstance(node.ctx, ast.Load)

    def _call(self, node: ast.Call, env: dict[str, str]) -> str:
        label = self.source.dotted(node.func)
        name = label.rsplit(".", 1)[-1] or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        arguments = [item.value if isinstance(item, ast.Starred) else item for item in node.args]
        given = [self.whole(item, env) for item in arguments]
        given += [self.whole(item.value, env) for item in node.keywords]
        if label in ("len", "pandas.DataFrame") and "whole" in given and (kind := _made_of(label, arguments)):
            return kind
        target = self._function(label)
        if target is not None:
            self._enter(target, node, env)
            return "whole" if "whole" in given else ""
        if label == "self.I" or label.endswith("resample_apply"):
            if arguments and label == "self.I":
                self._enter_indicator(node, env)
            return "indicator"
        if label in _FITS or name in {"fit", "fit_transform", "polyfit"}:
            if "whole" in given:
                self.fits.append(node)
            return "whole" if "whole" in given else ""
        if isinstance(node.func, ast.Attribute) and not label.startswith((*_LIBRARIES, "pandas.", "talib.")):
            held = self.whole(node.func.value, env)
            if held:
                return self._method(node, name, held)
        return self._library_call(node, label, name, given)

    def _library_call(self, node: ast.Call, label: str, name: str, given: list[str]) -> str:
        library = label.startswith(_LIBRARIES)
        reduces = name in REDUCTIONS and (library or label in {"max", "min", "sum"})
        if reduces and "whole" in given[:1] and not self._has_axis(node):
            # `sum(average(n) for n in lengths)` adds series, bar by bar.
            several = not library and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp | ast.List | ast.Tuple)
            if library or (len(node.args) == 1 and not several):
                self.reductions.append(node)
                return ""
            return "whole"
        return "whole" if "whole" in given and label not in {"len", "range", "print", "isinstance"} else ""

    def _method(self, node: ast.Call, name: str, held: str) -> str:
        if name in _WINDOWS:
            return "window"
        if held in ("window", "table"):
            # Of a table that holds a row for each lag, `mean` gives a value for each bar.
            return "whole"
        if held == "length":
            return ""
        if held == "whole" and name == "tail":
            self.ends.append(node)
            return ""
        if held == "whole" and name in ("agg", "aggregate") and _names_a_reduction(node):
            self.reductions.append(node)
            return ""
        if held == "whole" and name in REDUCTIONS and not self._has_axis(node):
            self.reductions.append(node)
            return ""
        return "" if name in {"any", "all", "item", "count", "first_valid_index"} else held

    def _has_axis(self, node: ast.Call) -> bool:
        if any(item.arg == "axis" for item in node.keywords):
            return True
        label = self.source.dotted(node.func)
        if label.endswith(".autocorr"):
            return False  # its number is a lag
        positions = node.args[1:] if label.startswith("numpy.") else node.args
        return any(isinstance(item, ast.Constant) and item.value in (0, 1) for item in positions)

    def _function(self, label: str) -> ast.FunctionDef | None:
        if label.startswith("self."):
            return self.source.methods.get(label.removeprefix("self."))
        return self.source.functions.get(label)

    def _enter_indicator(self, node: ast.Call, env: dict[str, str]) -> None:
        function, *rest = node.args
        if isinstance(function, ast.Lambda):
            inner = env | {arg.arg: self.whole(item, env) for arg, item in zip(function.args.args, rest, strict=False)}
            self.whole(function.body, inner)
            return
        target = self._function(self.source.dotted(function))
        if target is not None:
            self._enter(target, ast.Call(func=function, args=rest, keywords=node.keywords), env)

    def _enter(self, target: ast.FunctionDef, node: ast.Call, env: dict[str, str]) -> None:
        names = [arg.arg for arg in target.args.args]
        if names[:1] == ["self"]:
            names = names[1:]
        inner = dict(zip(names, [self.whole(item, env) for item in node.args], strict=False))
        inner |= {item.arg: self.whole(item.value, env) for item in node.keywords if item.arg in names and item.arg}
        self._follow(target, inner)

    def _follow(self, function: ast.FunctionDef, env: dict[str, str]) -> None:
        key = (id(function), frozenset(name for name, kind in env.items() if kind == "whole"))
        if key in self.seen or len(self.seen) > 200:
            return
        self.seen.add(key)
        self._statements(function.body, dict(env))

    def _statements(self, body: list[ast.stmt], env: dict[str, str]) -> None:
        for item in body:
            if isinstance(item, ast.Assign):
                self._assign(item, env)
            elif isinstance(item, ast.AugAssign) and isinstance(item.target, ast.Name):
                env[item.target.id] = self.whole(item.value, env) or env.get(item.target.id, "")
            elif isinstance(item, ast.AnnAssign) and item.value and isinstance(item.target, ast.Name):
                env[item.target.id] = self.whole(item.value, env)
            elif isinstance(item, ast.Expr | ast.Return):
                self.whole(item.value, env)
            elif isinstance(item, ast.For | ast.While | ast.If | ast.With | ast.Try):
                for child in (item.test,) if isinstance(item, ast.While | ast.If) else ():
                    self.whole(child, env)
                for block in ("body", "orelse", "finalbody"):
                    self._statements(getattr(item, block, []), env)

    def _assign(self, item: ast.Assign, env: dict[str, str]) -> None:
        for target in item.targets:
            for name, value in pairs(target, item.value):
                kind = self.whole(value, env)
                label = self.source.dotted(name) if isinstance(name, ast.Name | ast.Attribute) else ""
                if isinstance(name, ast.Subscript):
                    self.whole(value, env)
                if not label:
                    continue
                env[label] = kind
                if label.startswith("self.") and label.count(".") == 1 and kind == "whole":
                    self.raw[label.removeprefix("self.")] = value


_LIBRARIES = ("numpy.", "statistics.", "math.")


def _made_of(label: str, arguments: list[ast.expr]) -> str:
    """Return what is made of whole series: their length, or a table with a row for each of a list."""
    if label == "len":
        return "length"
    return "table" if arguments and isinstance(arguments[0], ast.List | ast.ListComp) else ""


def _number(node: ast.expr) -> int | None:
    """Return an integer that is written down, with its sign."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    return sign * node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _names_a_reduction(node: ast.Call) -> bool:
    return any(isinstance(item, ast.Constant) and item.value in REDUCTIONS for item in node.args)


def flow_of(source: Source) -> Flow:
    """Return the flow of a source, computed once."""
    known = source.__dict__.get("_flow")
    if known is None:
        known = source.__dict__["_flow"] = Flow(source)
    return known


def functions_of_init(source: Source) -> Iterator[Function]:
    """Yield `init`, what it calls, and the functions and lambdas it registers as indicators; not those of `next`."""
    later = set(source.reached("next"))
    for function in source.reached("init"):
        if function not in later or function.name == "init":
            yield function
