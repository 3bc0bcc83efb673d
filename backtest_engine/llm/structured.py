"""Typed answers: ask for JSON of a type, check it, and say what was wrong with it when asking again."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from backtest_engine.errors import AnswerUnusable, problems_of
from backtest_engine.llm.schemas import IN_WORDS, is_recursive, without_titles
from backtest_engine.ports import CancelSignal, Completion, LanguageModel, Prompt

if TYPE_CHECKING:
    from pydantic_ai.models import ModelRequestParameters

Answer = TypeVar("Answer", bound=BaseModel)

TRIES = 3
PROBLEMS_SHOWN = 12
ANSWER_SHOWN = 6_000
FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)

AGAIN = """

Your last answer was not accepted. It was:
{answer}

What is wrong with it:
{problems}

Answer again, with the whole JSON object."""


def ask(
    model: LanguageModel,
    prompt: Prompt,
    schema: type[Answer],
    *,
    tries: int = TRIES,
    cancelled: CancelSignal | None = None,
) -> tuple[Answer, Completion]:
    """Return an answer of the type; raise `AnswerUnusable` when the last of the tries is still not one."""
    asked = replace(prompt, schema=schema)
    for _ in range(tries):
        completion = model.complete(asked, cancelled=cancelled)
        try:
            return read(completion.text, schema), completion
        except ValidationError as error:
            problems = said(error)
        again = AGAIN.format(answer=completion.text[:ANSWER_SHOWN], problems="\n".join(f"- {row}" for row in problems))
        asked = replace(asked, user=prompt.user + again)
    raise AnswerUnusable(
        f"The model's answer was not what was asked for, {tries} times.",
        code="answer_invalid",
        details={"problems": problems},
    )


def read(text: str, schema: type[Answer]) -> Answer:
    """Return the object that a text holds, also within a code fence; raise pydantic's `ValidationError`."""
    fenced = FENCE.match(text)
    return schema.model_validate_json(fenced[1] if fenced else text)


def accepts(schema: type[BaseModel] | None) -> Callable[[str], bool]:
    """Return what says whether a text holds an object of the type; any text is an answer where no type is asked for."""

    def accepted(text: str) -> bool:
        if schema is None:
            return True
        try:
            read(text, schema)
        except ValidationError:
            return False
        return True

    return accepted


def asking_for(schema: type[BaseModel] | None, system: str) -> "tuple[str, ModelRequestParameters]":
    """Return instructions and parameters that ask for JSON of a type: by the vendor's own means, or in words where the
    type refers to itself.

    Vendors unroll a recursive schema to a small depth, or refuse it.
    """
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition

    if schema is None:
        return system, ModelRequestParameters()
    described = without_titles(schema.model_json_schema())
    if is_recursive(described):
        system += f"{IN_WORDS}\n{json.dumps(described, separators=(',', ':'))}\n"
        return system, ModelRequestParameters(output_mode="prompted", prompted_output_template=False)
    asked = OutputObjectDefinition(json_schema=described, name=schema.__name__)
    return system, ModelRequestParameters(output_mode="native", output_object=asked)


def output_of(schema: type[Answer]) -> Any:
    """Return what an agent is given as `output_type`, so that it asks for the type as `ask` does."""
    from pydantic_ai import NativeOutput, PromptedOutput

    if is_recursive(schema.model_json_schema()):
        return PromptedOutput(schema, template=IN_WORDS + "\n{schema}\n")
    return NativeOutput(schema)


def said(error: ValidationError) -> list[str]:
    """Return what is wrong, one line each, with the place in the answer."""
    return problems_of(error)[:PROBLEMS_SHOWN]
