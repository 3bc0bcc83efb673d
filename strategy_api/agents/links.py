"""Links from a turn's run to its conversation, and from a supervision's to it."""

from strategy_api.agents.kinds import SUPERVISE
from strategy_api.runs import links
from strategy_api.runs.models import Run


@links.register("conversation")
def conversation_links(run: Run) -> dict[str, tuple[str, str]]:
    """Return where the conversation is that a run is a turn of."""
    if run.subject_type == "conversation" and run.subject_id:
        return {"conversation": ("conversation-detail", str(run.subject_id))}
    return {}


@links.register("supervision", "insights")
def supervision_links(run: Run) -> dict[str, tuple[str, str]]:
    """Return what a run that is a supervision leads to."""
    if run.kind != SUPERVISE.name:
        return {}
    return {"supervision": ("supervision-detail", str(run.pk)), "insights": ("supervision-insights", str(run.pk))}
