"""Check a deployment, part by part, and say what to do about what is wrong."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.core import checks as django_checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from strategy_api.common import health
from strategy_api.runs.models import Run

OLD = timedelta(minutes=2)
LITTLE_SPACE = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    says: str = ""
    remedy: str = ""


class Command(BaseCommand):
    """Look at everything that a deployment needs; exit with 1 when something is wrong."""

    help = __doc__ or ""

    def handle(self, *_: Any, **__: Any) -> None:
        """Print one line a finding."""
        wrong = False
        for finding in _findings():
            wrong = wrong or not finding.ok
            mark = self.style.SUCCESS("ok   ") if finding.ok else self.style.ERROR("wrong")
            self.stdout.write(f"{mark} {finding.what}{': ' if finding.says else ''}{finding.says}")
            if finding.remedy and not finding.ok:
                self.stdout.write(f"      → {finding.remedy}")
        if wrong:
            sys.exit(1)


def _findings() -> Iterator[Finding]:
    mode = "fleet" if settings.REDIS_URL else "embedded"
    yield Finding(what="mode", ok=True, says=f"{mode}, database {connection.vendor}, data in {settings.DATA_DIR}")
    if bool(settings.REDIS_URL) != (connection.vendor == "postgresql"):
        yield Finding(
            what="mode",
            ok=False,
            says="only one of DATABASE_URL and REDIS_URL is set",
            remedy="A fleet needs both, one machine needs neither.",
        )
    for name, state in health.checks().items():
        yield Finding(what=name, ok=state["ok"], says=state.get("reason", ""), remedy=health.CHECKS[name].remedy)
    yield from _settings()
    yield _space()
    yield from _workers()
    yield from _runs()


def _settings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(what="settings", ok=False, says="DEBUG is on", remedy="Set DEBUG=false.")
    for message in django_checks.run_checks(include_deployment_checks=True):
        serious = message.level >= django_checks.WARNING and not message.is_silenced()
        if serious:
            yield Finding(what="settings", ok=False, says=str(message.msg), remedy=message.hint or "")


def _space() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR).free
    return Finding(
        what="disk",
        ok=free > LITTLE_SPACE,
        says=f"{free / (1 << 30):.1f} GiB free",
        remedy="Make room, or lower KEEP_EVENTS_DAYS and KEEP_CURVES_DAYS.",
    )


def _workers() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        return  # the directory broker serves no broadcasts; `up` looks after its own worker
    try:
        answers = current_app.control.ping(timeout=2.0)
    except Exception as error:  # any way of not reaching the broker
        yield Finding(
            what="workers",
            ok=False,
            says=f"cannot be asked ({type(error).__name__})",
            remedy=health.CHECKS["broker"].remedy,
        )
        return
    names = ", ".join(name for answer in answers for name in answer)
    yield Finding(what="workers", ok=bool(answers), says=names or "none answers", remedy="Start a Celery worker.")


def _runs() -> Iterator[Finding]:
    try:
        stuck = Run.objects.filter(state=Run.State.QUEUED, created_at__lt=timezone.now() - OLD).count()
        silent = Run.objects.filter(state=Run.State.RUNNING, lease_until__lt=timezone.now() - OLD).count()
    except DatabaseError:
        return  # said already
    yield Finding(
        what="queue",
        ok=not (stuck or silent),
        says=f"{stuck} runs wait for more than {OLD.seconds} s, {silent} lost their worker that long ago",
        remedy="Is a worker running, for every queue (execution, generation, research, maintenance)? A beat?",
    )
