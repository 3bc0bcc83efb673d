"""Answering a POST: done elsewhere and accepted, or done here, but never twice."""

import re
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from strategy_api import answers, preferences, serializers, services
from strategy_api.answers import Answer
from strategy_api.models import Run
from strategy_api.problems import Contradiction
from strategy_api.serializers.fields import Strict

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def caller(request: Request) -> User:
    """Return who asks; permissions have already refused those who have not said who they are."""
    return cast(User, request.user)


def once(request: Request, body: Any = None) -> services.Once:
    """Return what the Idempotency-Key header asks for; raise for a malformed or otherwise used one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise exceptions.ParseError(
            "An Idempotency-Key is 1 to 255 visible ASCII characters.", code="invalid_idempotency_key"
        )
    asked = services.once(
        key=key,
        method=request.method or "",
        path=request.get_full_path(),
        body=request.data if body is None else body,
    )
    answers.refuse_other_uses(owner=caller(request), once=asked)
    return asked


def valid(serializer: type[Strict], request: Request) -> dict[str, Any]:
    """Return the validated body; raise a problem that lists each field."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    if contradictions := body.contradictions(values):
        raise Contradiction(contradictions)
    return values


def accepted(request: Request, submitted: services.Submitted) -> Response:
    """Answer 202 with the run, or 200 when the client waited for its end."""
    run: Run = submitted.made
    wait = preferences.wished_wait(request)
    if wait:
        run = preferences.wait_for_end(run, wait)
    body = serializers.RunDetail(run, context={"request": request}).data
    headers = {"Location": reverse("run-detail", [run.pk], request=request)}
    if submitted.replayed:
        headers["Idempotent-Replayed"] = "true"
    if wait:
        headers["Preference-Applied"] = f"wait={wait}"
    if run.finished:
        return Response(body, status=status.HTTP_200_OK, headers=headers)
    headers["Retry-After"] = "1"
    return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)


def answered(
    request: Request, do: Callable[[], Answer], *, asked: services.Once | None = None, long: bool = False
) -> Response:
    """Answer what was done here, or what was answered to the same request before."""
    answer_once = answers.answer_again if long else answers.answer_once
    answer = answer_once(owner=caller(request), once=asked or once(request), do=do)
    headers = {"Location": answer.location} if answer.location else {}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response({**answer.body, **answer.secret}, status=answer.status, headers=headers)
