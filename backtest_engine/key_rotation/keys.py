"""API keys: where they come from, which project pays for each, and how to speak of one without saying it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, Protocol

from dotenv import dotenv_values

# Not a secret: it keeps fingerprints from being looked up in tables made for other purposes.
PEPPER = b"algoagent key fingerprint"


class InvalidKeys(ValueError):
    """The configured keys contradict themselves; the message names them, never their values."""


class ApiKey:
    """A secret with a name. Shows its fingerprint, never itself; cannot be pickled or copied out by accident."""

    __slots__ = ("_secret", "fingerprint", "name", "project")

    def __init__(self, secret: str, *, name: str, project: str | None = None) -> None:
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise InvalidKeys(f"The key {name!r} is empty or holds characters that no key has.")
        self._secret = secret
        self.name = name
        self.project = project or name
        self.fingerprint = fingerprint(secret)

    def reveal(self) -> str:
        """Return the secret, for an outgoing header and nothing else."""
        return self._secret

    def __repr__(self) -> str:
        return f"ApiKey({self.name!r}, {self.fingerprint})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An API key does not leave its process.")


def fingerprint(secret: str) -> str:
    """Return a short name for a secret that does not give it away."""
    return "key_" + hmac.new(PEPPER, secret.encode(), hashlib.sha256).hexdigest()[:12]


class SecretStore(Protocol):
    """Keeps secrets; a vault's client fits behind it."""

    def read(self) -> Mapping[str, str]:
        """Return the variables that it holds, as `GEMINI_KEY_<name>` and `GEMINI_PROJECT_<name>`."""


class FileStore:
    """A file of secrets: `NAME=value` lines, or one JSON object."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mapping[str, str]:
        """Return the file's variables; raise `InvalidKeys` when it cannot be read."""
        try:
            text = self._path.read_text()
        except OSError as error:
            raise InvalidKeys(f"The key file {self._path} cannot be read ({error.strerror}).") from None
        if not text.lstrip().startswith("{"):
            return {name: value for name, value in dotenv_values(self._path, interpolate=False).items() if value}
        try:
            return {str(name): str(value) for name, value in json.loads(text).items()}
        except ValueError:
            # Not chained: the parser's error quotes the text.
            raise InvalidKeys(f"The key file {self._path} is not valid JSON.") from None


def read_keys(variables: Mapping[str, str], *, prefix: str = "GEMINI") -> tuple[ApiKey, ...]:
    """Return the keys among the variables, by name; without a project of its own a key counts as its own project.

    Keys are `<prefix>_KEY_<name>`, their projects `<prefix>_PROJECT_<name>`; `<prefix>_API_KEY` is the key `default`.
    """
    start = f"{prefix}_KEY_"
    named = {name.removeprefix(start).lower(): value for name, value in variables.items() if name.startswith(start)}
    if variables.get(f"{prefix}_API_KEY"):
        named.setdefault("default", variables[f"{prefix}_API_KEY"])
    projects = {name.upper(): value.strip() for name, value in variables.items() if value}
    keys = [
        ApiKey(secret.strip(), name=name, project=projects.get(f"{prefix}_PROJECT_{name}".upper()))
        for name, secret in sorted(named.items())
        if secret.strip()
    ]
    seen: dict[str, ApiKey] = {}
    for key in keys:
        twin = seen.setdefault(key.fingerprint, key)
        if twin is not key:
            raise InvalidKeys(f"The keys {twin.name!r} and {key.name!r} are the same secret; its quota exists once.")
    return tuple(keys)
