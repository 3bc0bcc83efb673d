"""What language models are told: one text a task, each with a version that is stored with every answer."""

from dataclasses import dataclass
from importlib.resources import files
from string import Template


@dataclass(frozen=True, kw_only=True)
class Instructions:
    """A text for a model, and its version as `name/number`."""

    version: str
    text: str


def instructions(name: str, **filled: str) -> Instructions:
    """Return the text of this name with its `$placeholders` filled; the file's first line holds its version."""
    head, _, body = files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").partition("\n")
    return Instructions(
        version=f"{name}/{head.removeprefix('version: ').strip()}", text=Template(body).substitute(filled)
    )
