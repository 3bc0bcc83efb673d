"""The link from a run to its study."""

from strategy_api.research.kinds import STUDIES
from strategy_api.runs import links
from strategy_api.runs.models import Run


@links.register("study", "trials")
def study_links(run: Run) -> dict[str, tuple[str, str]]:
    """Return what a run that is a study leads to."""
    if run.kind not in {kind.name for kind in STUDIES}:
        return {}
    return {"study": ("study-detail", str(run.pk)), "trials": ("study-trials", str(run.pk))}
