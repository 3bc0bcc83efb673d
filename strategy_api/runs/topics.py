"""The topics that are always there: each run is one, `run:<id>`, and each user has a `scanner`, for signals."""

import uuid
from collections.abc import Collection

from django.contrib.auth.models import User

from strategy_api.runs import selectors
from strategy_api.runs.events import RUN
from strategy_api.runs.models import Run
from strategy_api.runs.stored_topics import StoredLog
from strategy_api.runs.topic_types import Events, Position, State, TopicType, own_key, register


def _ids(keys: Collection[str]) -> dict[uuid.UUID, str]:
    """Return the keys that are ids, by the id; only the usual way of writing one is a key."""
    found = {}
    for key in keys:
        try:
            run_id = uuid.UUID(key)
        except ValueError:
            continue
        if str(run_id) == key:
            found[run_id] = key
    return found


def readable_runs(user: User, keys: Collection[str]) -> set[str]:
    """Return which of these runs a user may follow."""
    return {str(run_id) for run_id in selectors.runs_of(user).filter(pk__in=_ids(keys)).values_list("pk", flat=True)}


class RunLog:
    """The events of runs, from their own rows."""

    def positions(self, keys: Collection[str]) -> dict[str, Position]:
        """Return the number of each run's last event."""
        rows = Run.objects.filter(pk__in=_ids(keys)).values_list("pk", "last_seq")
        return {str(run_id): Position(seq) for run_id, seq in rows}

    def events_after_each(self, wanted: Collection[tuple[str, int]], *, limit: int) -> dict[tuple[str, int], Events]:
        """Return the events after each number; a run that has ended has a last one."""
        asked = {(uuid.UUID(key), seq): (key, seq) for key, seq in wanted}
        found = selectors.events_after_each(list(asked), limit=limit)
        return {asked[one]: events for one, events in found.items()}

    def states_after_each(self, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[State]]:
        """Return none: what a run has to say are events."""
        return {one: [] for one in wanted}


register(TopicType(name=RUN, readable=readable_runs, log=RunLog()))
register(TopicType(name="scanner", readable=own_key, log=StoredLog("scanner"), own=True))
