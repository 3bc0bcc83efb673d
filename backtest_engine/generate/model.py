"""The generator that asks a language model: for a specification first, and for code where that cannot say it."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import Draft, Notice
from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.indicators import REGISTRY
from backtest_engine.language import explain, read
from backtest_engine.llm.structured import ask
from backtest_engine.ports import CancelSignal, Completion, LanguageModel, Prompt
from backtest_engine.prompts import Instructions, instructions
from backtest_engine.prompts.examples import CODE_EXAMPLES, SPEC_EXAMPLES, shown
from backtest_engine.registry import Indicator, Parameter
from backtest_engine.spec import StrategySpec

MAX_DESCRIPTION = 4_000
MAX_OUTPUT_TOKENS = 8_192


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=120)
    assumptions: list[str] = []
    questions: list[str] = []
    reason: str = ""


class SpecAnswer(_Answer):
    """What a model says when asked for a specification."""

    verdict: Literal["spec", "beyond_spec", "question", "refusal"]
    spec: StrategySpec | None = None

    @model_validator(mode="after")
    def _holds_what_it_says(self) -> "SpecAnswer":
        if (self.spec is not None) != (self.verdict == "spec"):
            raise ValueError("`spec` must be filled when the verdict is `spec`, and null otherwise")
        _check(self, self.verdict)
        return self


class CodeAnswer(_Answer):
    """What a model says when asked for code."""

    verdict: Literal["code", "question", "refusal"]
    code: str = ""
    explanation: str = ""

    @model_validator(mode="after")
    def _holds_what_it_says(self) -> "CodeAnswer":
        if bool(self.code.strip()) != (self.verdict == "code"):
            raise ValueError("`code` must be filled when the verdict is `code`, and empty otherwise")
        _check(self, self.verdict)
        return self


def _check(answer: _Answer, verdict: str) -> None:
    if verdict == "question" and not any(question.strip() for question in answer.questions):
        raise ValueError("the verdict `question` needs at least one question")
    if verdict in ("refusal", "beyond_spec") and not answer.reason.strip():
        raise ValueError(f"the verdict `{verdict}` needs a reason")


class ModelGenerator:
    """A `Generator` over a language model. What it writes has not run yet: the engine tries it first."""

    def __init__(self, model: LanguageModel, *, name: str = "model", cancelled: CancelSignal | None = None) -> None:
        self.name = name
        self._model = model
        self._cancelled = cancelled

    def generate(self, description: str, *, name: str | None = None, answers: Mapping[str, str] | None = None) -> Draft:
        """Return a strategy; raise `NeedsClarification`, `DescriptionRefused`, or what the model raises.

        Answers are told as the description that they make of it.
        """
        if answers:
            description = (
                f"{description}\n\nWith the answers to what was asked: {read(description, answers).text.strip()}"
            )
        if not description.strip():
            raise DescriptionRefused(
                "The description is empty: say when to buy and when to sell.", code="not_understood"
            )
        if len(description) > MAX_DESCRIPTION:
            raise DescriptionRefused(
                f"The description has more than {MAX_DESCRIPTION} characters.", code="not_understood"
            )
        told = spec_instructions()
        answer, completion = ask(
            self._model, _prompt(told, {"description": description}), SpecAnswer, cancelled=self._cancelled
        )
        if answer.verdict == "beyond_spec":
            return self._code(description, beyond=answer.reason, name=name)
        _raise_unless_written(answer, completion)
        assert answer.spec is not None  # noqa: S101  # the answer's own check
        title = name or answer.name or "Strategy"
        unsaid = unsaid_numbers(_spec_numbers(answer.spec.model_dump(mode="json")), description, answer.assumptions)
        explanation = explain(answer.spec)
        return Draft(
            name=title,
            code=compile_spec(answer.spec, name=title, explanation=explanation),
            origin="model",
            spec=answer.spec.as_json(),
            explanation=explanation,
            assumptions=(*answer.assumptions, *unsaid),
            warnings=(_written_by(completion),),
            prompt_version=told.version,
        )

    def _code(self, description: str, *, beyond: str, name: str | None) -> Draft:
        told = code_instructions()
        asked = {"description": description, "beyond": beyond}
        answer, completion = ask(self._model, _prompt(told, asked), CodeAnswer, cancelled=self._cancelled)
        _raise_unless_written(answer, completion)
        unsaid = unsaid_numbers(_code_numbers(answer.code), description, answer.assumptions)
        return Draft(
            name=name or answer.name or "Strategy",
            code=answer.code,
            origin="model",
            explanation=answer.explanation,
            assumptions=(*answer.assumptions, *unsaid),
            warnings=(_written_by(completion), _free_code(beyond)),
            prompt_version=told.version,
        )


def spec_instructions() -> Instructions:
    """Return what a model is told when asked for a specification."""
    return instructions("strategy_spec", indicators=indicator_list(), examples=shown(SPEC_EXAMPLES))


def code_instructions() -> Instructions:
    """Return what a model is told when asked for code."""
    return instructions("strategy_code", indicators=indicator_list(), examples=shown(CODE_EXAMPLES))


def indicator_list() -> str:
    """Return one line for each indicator of the registry."""
    return "\n".join(_line(indicator) for indicator in REGISTRY.values())


def _line(indicator: Indicator) -> str:
    parameters = ", ".join(_parameter(parameter) for parameter in indicator.parameters)
    outputs = f" -> {', '.join(indicator.outputs)}" if len(indicator.outputs) > 1 else ""
    return f"{indicator.name}({', '.join(indicator.inputs)}; {parameters}){outputs}"


def _parameter(parameter: Parameter) -> str:
    default = "no default" if parameter.default is None else f"{parameter.default:g}"
    return f"{parameter.name}={default} [{parameter.minimum:g}..{parameter.maximum:g}]"


def _prompt(told: Instructions, asked: Mapping[str, str]) -> Prompt:
    """Put the user's words where they are data: a JSON string, which no quote or bracket inside can end."""
    return Prompt(
        system=told.text,
        user=json.dumps(dict(asked)),
        purpose="generation",
        version=told.version,
        max_output_tokens=MAX_OUTPUT_TOKENS,
    )


def _raise_unless_written(answer: SpecAnswer | CodeAnswer, completion: Completion) -> None:
    if answer.verdict == "question":
        questions = [{"question": question, "about": ""} for question in answer.questions if question.strip()]
        raise NeedsClarification(
            " ".join(row["question"] for row in questions),
            details={"questions": questions, "asked_by": completion.model},
        )
    if answer.verdict == "refusal":
        problem = {"text": "", "why": answer.reason, "code": "refused_by_model"}
        raise DescriptionRefused(answer.reason, details={"problems": [problem], "refused_by": completion.model})


def _written_by(completion: Completion) -> Notice:
    return Notice(
        code="written_by_model",
        message=f"{completion.model or 'A language model'} wrote this: compare the explanation with what was meant.",
        details={"provider": completion.provider, "model": completion.model},
    )


def _free_code(beyond: str) -> Notice:
    return Notice(
        code="free_code",
        message=f"A specification cannot say all of it ({beyond}), so the code was written freely.",
    )


Numbers = Iterator[tuple[str, float]]

# Choices of form rather than of trading: nobody states them.
_NEUTRAL = {"shift", "fraction", "max_entries", "schema_version"}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty"""
_TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety hundred"
_WORDS = {word: value for value, word in enumerate(_UNITS.split())}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=1)}
# "The third bar" and "a third of it".
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "tenth": 10}


def unsaid_numbers(numbers: Numbers, description: str, assumptions: list[str]) -> list[str]:
    """Return a sentence for each number that neither the description nor an assumption mentions."""
    said = _said_numbers(" ".join([description, *assumptions]))
    sentences = [
        f"{place} = {value:g} was not stated: the model chose it." for place, value in numbers if abs(value) not in said
    ]
    return list(dict.fromkeys(sentences))


def _said_numbers(text: str) -> set[float]:
    words = re.findall(r"[a-z]+", text.lower())
    said = {float(_WORDS[word]) for word in words if word in _WORDS}
    said |= {number for word in words if word in _PARTS for number in (float(_PARTS[word]), 1 / _PARTS[word])}
    for found in _NUMBER.findall(text):
        for shape in (found.replace(",", ""), found.replace(",", ".")):
            # A version number, say, is no number.
            if shape.count(".") <= 1:
                said.add(float(shape))
    return said | {value / 100 for value in said}


def _spec_numbers(part: Any, place: str = "") -> Numbers:
    if isinstance(part, Mapping):
        for name, inner in part.items():
            if name not in _NEUTRAL:
                yield from _spec_numbers(inner, f"{place}.{name}" if place else name)
    elif isinstance(part, list):
        for position, inner in enumerate(part):
            yield from _spec_numbers(inner, f"{place}.{position}")
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield place, float(part)


def _code_numbers(code: str) -> Numbers:
    """Class attributes that are numbers: where the instructions want all that shapes a strategy."""
    try:
        module = ast.parse(code)
    except (SyntaxError, ValueError):
        return
    for definition in module.body:
        if isinstance(definition, ast.ClassDef):
            for statement in definition.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
                    value = statement.value.value
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        yield ast.unparse(statement.targets[0]), float(value)
