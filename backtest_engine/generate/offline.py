"""The offline generator: plain English to code by rules, with no model and no network."""

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import Draft, Notice
from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language import Settings, explain, questions_about, read_settings, title_of, understand
from backtest_engine.language.parsing import MAX_LENGTH


class OfflineGenerator:
    """Reads a description into a specification and compiles that; what it cannot read it names."""

    name = "offline"

    def generate(self, description: str, *, name: str | None = None) -> Draft:
        """Return a strategy; raise `NeedsClarification` or `DescriptionRefused`, never guess one.

        What the words say about how to run it is in the draft's `settings`, and in `details["settings"]` of an error.
        """
        settings = read_settings(description) if len(description) <= MAX_LENGTH else Settings(said=(), rest=description)
        try:
            return self._drafted(settings, name=name)
        except (NeedsClarification, DescriptionRefused) as error:
            error.details = {**error.details, "settings": settings.values}
            raise

    def _drafted(self, settings: Settings, *, name: str | None) -> Draft:
        parsed = understand(settings.rest)
        questions = questions_about(settings)
        if questions:
            raise NeedsClarification(
                " ".join(question.question for question in questions),
                details={"questions": [question.as_dict() for question in questions]},
            )
        title = name or parsed.title or title_of(parsed.spec, settings.values)
        explanation = explain(parsed.spec)
        return Draft(
            name=title,
            code=compile_spec(parsed.spec, name=title, explanation=explanation, words=parsed.words),
            origin=self.name,
            spec=parsed.spec.as_json(),
            explanation=explanation,
            assumptions=parsed.assumptions,
            warnings=tuple(Notice(code="corrected_spelling", message=text) for text in parsed.corrections),
            settings=settings.values,
        )
