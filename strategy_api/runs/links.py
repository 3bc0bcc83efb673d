"""Links from a run to what it is about and what it made. Each app adds the links that it knows."""

from collections.abc import Callable

from strategy_api.runs.models import Run

# From a run to the names of routes and the ids in their addresses.
Linker = Callable[[Run], dict[str, tuple[str, str]]]

_linkers: list[Linker] = []
NAMES: list[str] = ["self", "events", "cancel", "parent"]


def register(*names: str) -> Callable[[Linker], Linker]:
    """Add a function that returns links, and the names that they may have."""

    def add(linker: Linker) -> Linker:
        _linkers.append(linker)
        NAMES.extend(names)
        return linker

    return add


def of(run: Run) -> dict[str, tuple[str, str]]:
    """Return the links of a run: by name, the route's name and the id in its address."""
    links = {"self": ("run-detail", str(run.pk)), "events": ("run-events", str(run.pk))}
    if not run.finished:
        links["cancel"] = ("run-cancel", str(run.pk))
    if run.parent_id:
        links["parent"] = ("run-detail", str(run.parent_id))
    for linker in _linkers:
        links |= linker(run)
    return links
