"""Writes what the crowd hears, as workers do: rows, in batches, ten commits a second.

prepare USERS TOPICS           make users with tokens, and runs, which are the topics; print both
publish EVENTS SECONDS [TEXT]  write so many events a second, each with a text of so many bytes
counts                         print how many events each topic has
"""

import itertools
import json
import os
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "algoagent.settings")
django.setup()

from django.contrib.auth.models import User
from django.db import transaction

from strategy_api.accounts.models import Token
from strategy_api.runs import events
from strategy_api.runs.models import Run

BATCHES_A_SECOND = 10


def prepare(users: int, topics: int) -> dict[str, Any]:
    """Make people who may follow everything, and what they follow."""
    tokens = []
    for number in range(users):
        user = User.objects.create(username=f"user{number}", is_staff=True)
        tokens.append(Token.objects.create(user=user)[1])
    owner = User.objects.get(username="user0")
    runs = Run.objects.bulk_create(Run(owner=owner, kind="execute") for _ in range(topics))
    return {"tokens": tokens, "topics": [events.topic_of(run.pk) for run in runs]}


def publish(events_a_second: int, seconds: float, size: int) -> None:
    """Write batches until the time is over; each event says when its commit began."""
    runs = itertools.cycle(Run.objects.order_by("pk").values_list("pk", flat=True))
    begin = due = time.monotonic()
    while due < begin + seconds:
        with transaction.atomic():
            for run_id in itertools.islice(runs, max(1, events_a_second // BATCHES_A_SECOND)):
                events.append_event(run_id, "bench", sent_at=time.monotonic(), text="x" * size)
        due += 1 / BATCHES_A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))


def main(command: str, *arguments: str) -> None:
    """Do one of both."""
    if command == "prepare":
        sys.stdout.write(json.dumps(prepare(*map(int, arguments))))
    else:
        publish(int(arguments[0]), float(arguments[1]), int(arguments[2]) if arguments[2:] else 200)


if __name__ == "__main__":
    main(*sys.argv[1:])
