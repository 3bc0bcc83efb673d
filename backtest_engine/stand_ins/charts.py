"""Silent stand-ins for libraries that only draw: they take every call and show nothing.

They hold no numbers: comparing, calculating or converting one raises `TypeError`, so nothing can trade on a picture.
"""

import sys
import types
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

#: Packages that only draw or print; each of their modules is silent.
PACKAGES = frozenset(
    {"matplotlib", "seaborn", "plotly", "mplfinance", "bokeh", "IPython", "altair", "pyfolio", "quantstats", "tabulate"}
)


class Silent:
    """Takes every call, attribute, item and assignment; unpacks into two of itself, as a figure and its axes do."""

    def __call__(self, *_: Any, **__: Any) -> "Silent":
        return Silent()

    def __getattr__(self, name: str) -> "Silent":
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent()

    def __setattr__(self, name: str, value: Any) -> None:
        return None

    def __getitem__(self, _: Any) -> "Silent":
        return Silent()

    def __setitem__(self, _: Any, __: Any) -> None:
        return None

    def __iter__(self) -> Iterator["Silent"]:
        return iter((Silent(), Silent()))

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __bool__(self) -> bool:
        raise TypeError("a chart is neither true nor false")


class _SilentModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent()


class _Finder:
    """Finds every module of the silent packages, and loads an empty one."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        known = name.split(".")[0] in PACKAGES
        return ModuleSpec(name, self, is_package=True) if known else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _SilentModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__.setdefault("__version__", "0")


def install() -> None:
    """Make imports of the silent packages, and of tqdm, work in this process."""
    if not any(isinstance(item, _Finder) for item in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    progress: Any = types.ModuleType("tqdm", "Progress bars that show nothing and pass everything through.")
    progress.tqdm = progress.tqdm_notebook = lambda items=None, *_, **__: items
    progress.trange = lambda *bounds, **__: range(*bounds)
    for name in ("tqdm", "tqdm.auto", "tqdm.notebook"):
        sys.modules[name] = progress
