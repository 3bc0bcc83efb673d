"""What a description says besides rules, as the fields of a request: market, interval, dates, cash, costs, leverage."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from backtest_engine.errors import NeedsClarification

# The words' name of a setting, and the request's.
FIELDS = {
    "symbol": "test_symbol",
    "interval": "interval",
    "start": "start_date",
    "end": "end_date",
    "cash": "cash",
    "commission": "commission",
    "spread": "spread",
}
UNITS = {"y": "years", "mo": "months", "w": "weeks", "d": "days"}


def as_fields(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings by the names of a request's fields."""
    fields = {FIELDS[name]: value for name, value in settings.items() if name in FIELDS}
    if leverage := settings.get("leverage"):
        fields["margin"] = 1 / leverage
    return fields


def filled(parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's parameters with what the words say where the request says nothing."""
    said = {name: value for name, value in parameters.items() if value is not None}
    return {**as_fields(settings), **said}


def refuse_contradictions(parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Raise `NeedsClarification` where the request and the words of one description say different things."""
    differing = {
        name: (value, parameters[name])
        for name, value in as_fields(settings).items()
        if parameters.get(name) is not None and _other(value, parameters[name])
    }
    if differing:
        questions = [
            {
                "question": f"The description says {words}, the field {name} says {field}. Which is meant?",
                "about": name,
                "options": [str(words), str(field)],
            }
            for name, (words, field) in differing.items()
        ]
        raise NeedsClarification(
            " ".join(str(question["question"]) for question in questions),
            details={"questions": questions, "settings": dict(settings)},
        )


def start_of(span: str, end: date) -> str:
    """Return the first day of a span such as `5y` that ends on a day."""
    number, unit = int("".join(filter(str.isdigit, span))), "".join(filter(str.isalpha, span))
    lengths: dict[str, Any] = {UNITS[unit]: number}
    begin = pd.Timestamp(end) - pd.DateOffset(**lengths)
    return begin.date().isoformat()


def _other(words: Any, field: Any) -> bool:
    if isinstance(words, str):
        return words.casefold() != str(field).casefold()
    return abs(float(words) - float(field)) > 1e-12
