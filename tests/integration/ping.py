"""A kind of run that only tests know: everything about it is in this file."""

from strategy_api.common.fields import SingleLineField, StrictBooleanField, StrictIntegerField, StrictSerializer
from strategy_api.runs.kinds import RunKind
from strategy_api.runs.worker import Job


class PingRequest(StrictSerializer):
    """What to say, and into how many parts to split the work."""

    text = SingleLineField(max_length=20)
    parts = StrictIntegerField(min_value=0, max_value=50, default=0)
    patient = StrictBooleanField(default=True)
    unstorable = StrictBooleanField(default=False)


def ping(job: Job) -> None:
    """Answer, or let children answer."""
    job.emit("ping.started", text=job.parameters["text"])
    for part in range(job.parameters.get("parts", 0)):
        job.submit_child(PART, {"part": part}, position=part)
    if job.parameters.get("patient", True):
        job.wait_for_children()
    job.result["answer"] = job.parameters["text"].upper()
    job.result["parts"] = [child.result["part"] for child in job.children if child.result]
    if job.parameters.get("unstorable"):
        job.result["bad"] = object()


def part(job: Job) -> None:
    """Answer with one's number."""
    job.result["part"] = job.parameters["part"]


PART = RunKind(name="ping_part", queue="research", perform=part)
PING = RunKind(
    name="ping",
    queue="research",
    path="ping/",
    summary="Ping",
    description="Answers in capitals.",
    request=PingRequest,
    perform=ping,
    weight=20,
    max_attempts=2,
)
