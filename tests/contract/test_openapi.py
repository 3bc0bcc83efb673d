"""The OpenAPI document: it is the one checked in, it says everything, and its examples are true to it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from jsonschema import Draft202012Validator

FILE = Path(__file__).resolve().parents[2] / "docs/api/openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
# Files, pages and streams have an example as text; nothing has none.
BODILESS = {"204", "304"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as it is served."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return yaml.safe_load(OpenApiYamlRenderer().render(generated, renderer_context={}))


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every operation under a name for people."""
    return [
        (f"{method.upper()} {path}", item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


class TestDocument:
    def test_is_the_one_checked_in(self, document: dict[str, Any]) -> None:
        assert yaml.safe_load(FILE.read_text()) == document, "run `make docs`"

    def test_is_openapi_3_1(self, document: dict[str, Any]) -> None:
        assert document["openapi"] == "3.1.0"

    def test_describes_every_operation_and_parameter(self, operations: list[tuple[str, dict[str, Any]]]) -> None:
        silent = [
            name for name, operation in operations if not (operation.get("summary") and operation.get("description"))
        ]

        assert len(operations) >= 30
        assert not silent

    def test_gives_an_example_of_every_success(self, operations: list[tuple[str, dict[str, Any]]]) -> None:
        without = [
            f"{name} {status} {media_type}"
            for name, operation in operations
            for status, response in operation["responses"].items()
            if status.startswith("2") and status not in BODILESS
            for media_type, content in response["content"].items()
            if "example" not in content
        ]

        assert not without

    def test_gives_an_example_of_every_problem(
        self, document: dict[str, Any], operations: list[tuple[str, dict[str, Any]]]
    ) -> None:
        shown = document["components"]["examples"]
        for name, operation in operations:
            problems = {
                status: answer
                for status, answer in operation["responses"].items()
                if status.isdigit() and status >= "400"
            }
            assert {"401", "429", "503"} <= set(problems), name
            for status, answer in problems.items():
                for code in answer["content"]["application/problem+json"]["examples"]:
                    assert shown[code]["value"]["code"] == code
                    assert str(shown[code]["value"]["status"]) == status

    def test_has_only_true_examples(
        self, document: dict[str, Any], operations: list[tuple[str, dict[str, Any]]]
    ) -> None:
        wrong, seen = [], 0
        for name, operation in operations:
            contents = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media_type, content in ((kind, c) for body in contents for kind, c in body.get("content", {}).items()):
                if "example" in content and media_type == "application/json":
                    validator = Draft202012Validator({**content["schema"], "components": document["components"]})
                    errors = [error.message for error in validator.iter_errors(content["example"])]
                    wrong += [f"{name}: {message}" for message in errors]
                    seen += 1

        assert not wrong
        assert seen > 30

    def test_takes_an_idempotency_key_on_every_post(self, operations: list[tuple[str, dict[str, Any]]]) -> None:
        without = [
            name
            for name, operation in operations
            if name.startswith("POST")
            and "Idempotency-Key" not in {parameter["name"] for parameter in operation["parameters"]}
        ]

        assert not without
