"""The offline generator: plain English to code by rules, with no model and no network."""

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import Draft, Notice
from backtest_engine.language import explain, parse
from backtest_engine.spec import Indicator, StrategySpec, parts_of


class OfflineGenerator:
    """Reads a description into a specification and compiles that; what it cannot read it names."""

    name = "offline"

    def generate(self, description: str, *, name: str | None = None) -> Draft:
        """Return a strategy; raise `NeedsClarification` or `DescriptionRefused`, never guess one."""
        parsed = parse(description)
        title = name or parsed.title or title_of(parsed.spec)
        explanation = explain(parsed.spec)
        return Draft(
            name=title,
            code=compile_spec(parsed.spec, name=title, explanation=explanation, words=parsed.words),
            origin=self.name,
            spec=parsed.spec.as_json(),
            explanation=explanation,
            assumptions=parsed.assumptions,
            warnings=tuple(Notice(code="corrected_spelling", message=text) for text in parsed.corrections),
        )


def title_of(spec: StrategySpec) -> str:
    """Return a short name made of what the strategy looks at."""
    calls = [(call.name.upper().replace("_", " "), call.parameters) for call in parts_of(spec, Indicator)]
    names = [" ".join([name, *(f"{n:g}" for n in list(given.values())[:1])]) for name, given in calls]
    return " ".join(list(dict.fromkeys(names))[:3]) or "Price rules"
