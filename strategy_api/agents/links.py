"""Links from a turn's run to its conversation."""

from strategy_api.runs import links
from strategy_api.runs.models import Run


@links.register("conversation")
def conversation_links(run: Run) -> dict[str, tuple[str, str]]:
    """Return where the conversation is that a run is a turn of."""
    if run.subject_type == "conversation" and run.subject_id:
        return {"conversation": ("conversation-detail", str(run.subject_id))}
    return {}
