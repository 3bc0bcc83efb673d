"""The offline generator: plain English to code by rules, with no model and no network."""

from collections.abc import Mapping

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import Draft, Notice
from backtest_engine.language import explain, read, title_of


class OfflineGenerator:
    """Reads a description into a specification and compiles that; what it cannot read it asks about or names."""

    name = "offline"

    def generate(self, description: str, *, name: str | None = None, answers: Mapping[str, str] | None = None) -> Draft:
        """Return a strategy; raise `NeedsClarification` or `DescriptionRefused`, never guess one.

        `answers` holds an option's id, or free words, by the id of the question that they answer. What the words say
        about how to run it is in the draft's `settings`, and in `details["settings"]` of an error.
        """
        reading = read(description, answers)
        parsed = reading.require()
        title = name or parsed.title or title_of(parsed.spec, reading.settings)
        explanation = explain(parsed.spec)
        return Draft(
            name=title,
            code=compile_spec(parsed.spec, name=title, explanation=explanation, words=parsed.words),
            origin=self.name,
            spec=parsed.spec.as_json(),
            explanation=explanation,
            assumptions=parsed.assumptions,
            warnings=tuple(Notice(code="corrected_spelling", message=text) for text in parsed.corrections),
            settings=dict(reading.settings),
        )
