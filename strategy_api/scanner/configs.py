"""Reading and changing what an agent does."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from backtest_engine.scanner.weights import PRESETS, problem_with
from strategy_api.common.exceptions import Conflict, InvalidWeights
from strategy_api.runs.stored_topics import publish
from strategy_api.scanner.models import AgentConfig, WeightPreset

# A change of these begins the feed anew: bars are counted from then, and are new again.
OF_THE_FEED = ("feed", "replay", "symbols", "intervals")


def config_of(owner: User) -> AgentConfig:
    """Return the settings of a user's agent; those of one who never changed any are the defaults."""
    return AgentConfig.objects.get_or_create(owner=owner)[0]


@transaction.atomic
def toggle(*, owner: User, enabled: bool, by: User) -> AgentConfig:
    """Switch a user's agent on or off; what is so already stays as it is."""
    config = _locked(owner)
    if config.enabled != enabled:
        config.enabled = enabled
        config.toggled_at, config.toggled_by = timezone.now(), by
        config.next_scan_at = timezone.now() if enabled else None
        config.save(update_fields=["enabled", "toggled_at", "toggled_by", "next_scan_at"])
        publish(topic_of(owner.pk), [("agent.enabled" if enabled else "agent.disabled", {"enabled": enabled})])
    return config


@transaction.atomic
def change(*, owner: User, **changes: Any) -> AgentConfig:
    """Change settings; those that are not named stay. Raises `InvalidWeights`."""
    config = _locked(owner)
    if "weights" in changes:
        check_weights(changes["weights"])
    if any(name in changes and changes[name] != getattr(config, name) for name in OF_THE_FEED):
        changes |= {"session_at": timezone.now(), "seen": {}}
    for name, value in changes.items():
        setattr(config, name, value)
    if config.enabled and config.last_scan_at is not None:
        config.next_scan_at = config.last_scan_at + timedelta(seconds=config.seconds)
    config.save()
    return config


def set_weights(*, owner: User, weights: dict[str, float]) -> AgentConfig:
    """Use weights; where they are those of a preset, under its name."""
    check_weights(weights)
    name = next((name for name, kept in presets(owner).items() if kept["weights"] == weights), "")
    return change(owner=owner, weights=weights, preset=name)


def presets(owner: User) -> dict[str, dict[str, Any]]:
    """Return all presets by name: those of the project first, then the user's own."""
    built_in = {name: {"name": name, "weights": dict(weights), "built_in": True} for name, weights in PRESETS.items()}
    own = {
        row.name: {"name": row.name, "weights": row.weights, "built_in": False}
        for row in WeightPreset.objects.filter(owner=owner)
    }
    return {**built_in, **own}


@transaction.atomic
def save_preset(*, owner: User, name: str, weights: dict[str, float], new: bool) -> dict[str, Any]:
    """Keep weights under a name; raise `Conflict` for one that is taken or comes with the project."""
    check_weights(weights)
    if name in PRESETS:
        raise Conflict(f"The preset {name!r} comes with the project and stays as it is.", code="built_in_preset")
    rows = WeightPreset.objects.select_for_update().filter(owner=owner, name=name)
    if new and rows.exists():
        raise Conflict(f"There is a preset called {name!r}; change it with PUT.", code="preset_exists")
    WeightPreset.objects.update_or_create(owner=owner, name=name, defaults={"weights": weights})
    return {"name": name, "weights": weights, "built_in": False}


@transaction.atomic
def delete_preset(*, owner: User, name: str) -> bool:
    """Remove a user's preset and say whether there was one; raise `Conflict` for one of the project."""
    if name in PRESETS:
        raise Conflict(f"The preset {name!r} comes with the project and stays.", code="built_in_preset")
    return bool(WeightPreset.objects.filter(owner=owner, name=name).delete()[0])


def check_weights(weights: dict[str, float]) -> None:
    """Raise `InvalidWeights` for weights that are no whole."""
    if problem := problem_with(weights):
        raise InvalidWeights(problem)


def topic_of(owner_id: int) -> str:
    """Return the topic of a user's agent."""
    return f"scanner:{owner_id}"


def _locked(owner: User) -> AgentConfig:
    config_of(owner)
    return AgentConfig.objects.select_for_update().get(owner=owner)
