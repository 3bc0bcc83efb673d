"""Links from a run to its strategy, its execution and the report."""

from strategy_api.runs import links
from strategy_api.runs.models import Run


@links.register("strategy", "execution", "report")
def strategy_links(run: Run) -> dict[str, tuple[str, str]]:
    """Return what a run about a strategy leads to."""
    found = {}
    if run.subject_type == "strategy":
        found["strategy"] = ("strategy-detail", str(run.subject_id))
    if run.made_type == "execution":
        found["execution"] = ("execution-detail", str(run.made_id))
        found["report"] = ("execution-report", str(run.made_id))
    return found
