"""What must be asked about the settings that a description names: contradictions, and lengths that are no bars."""

import re

from backtest_engine.language.questions import OpenQuestion, Option
from backtest_engine.language.settings import Settings, questions_about


def settings_questions(settings: Settings) -> tuple[OpenQuestion, ...]:
    """Return the questions with their options."""
    return tuple(
        OpenQuestion(
            question=one.question,
            about=one.about,
            start=one.start,
            end=one.end,
            text=settings.rest[one.start : one.end].strip() or one.about,
            options=_options(settings, one.about, settings.rest[one.start : one.end]),
            scope="setting" if one.about in settings.conflicts else "words",
        )
        for one in questions_about(settings)
    )


def _options(settings: Settings, about: str, words: str) -> tuple[Option, ...]:
    said = settings.conflicts.get(about, ())
    if said:
        return tuple(
            Option(id=f"value_{number}", label=f"{one.value} ({one.text})", wording=str(one.value))
            for number, one in enumerate(said, 1)
        )
    count = re.match(r"\d+", words)
    if about == "length of a day" and count:
        return (Option(id="bars", label=f"{count.group()} bars", wording=f"{count.group()} bar"),)
    return ()
