"""Answering a POST that makes a run: 202 with the run, and the run of the first request where it is repeated."""

from collections.abc import Callable

from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.runs import prefer_wait
from strategy_api.runs.models import Run
from strategy_api.runs.serializers import RunDetail


def accepted(request: Request, submit: Callable[[], Run]) -> Response:
    """Submit a run once for each Idempotency-Key and answer with it: 202, or 200 when it has already ended."""

    def do() -> Answer:
        run = submit()
        location = reverse("run-detail", [run.pk], request=request)
        return Answer(status=status.HTTP_202_ACCEPTED, body={}, headers={"Location": location}, run_id=run.pk)

    answer = answer_once(keyed(request), do)
    run = Run.objects.filter(pk=answer.run_id).first() if answer.run_id else None
    if run is None:
        raise NotFound("The run that this request made has been deleted.")
    headers = {**answer.headers, **({"Idempotent-Replayed": "true"} if answer.replayed else {})}
    body = RunDetail(run, context={"request": request}).data
    if run.finished:
        return Response(body, status=status.HTTP_200_OK, headers=headers)
    prefer_wait.announce(request, run)
    return Response(body, status=status.HTTP_202_ACCEPTED, headers={**headers, "Retry-After": "1"})
