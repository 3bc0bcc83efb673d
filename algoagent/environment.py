"""The environment, typed: every setting that an operator can turn, with its default and its reason.

Values come from the process environment, then from `.env` beside `manage.py`. `.env.example` lists them all; a test
holds the two together.
"""

import difflib
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from algoagent.model_settings import ModelSettings, Names, split_on_commas

ROOT = Path(__file__).resolve().parent.parent

# What is read as a secret, by whoever keeps the secrets.
KEY_NAME = re.compile(r"[A-Z][A-Z0-9]*_(API_KEY|KEY_\w+|PROJECT_\w+|PROJECT)")

RATE_LIMITS = {
    "read": 600,
    "write": 120,
    "generate": 30,
    "execute": 60,
    "import": 10,
    "token": 20,
    "anonymous": 60,
}


class Environment(ModelSettings):
    """What the process environment says; unknown names are left to others."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", frozen=True)

    debug: bool = Field(False, description="Development only: detailed error pages, and no secret key needed.")
    secret_key: SecretStr = Field(SecretStr(""), description="Signs sessions; required unless DEBUG.")
    allowed_hosts: Names = Field(["localhost", "127.0.0.1", "[::1]"], description="Host names served.")
    csrf_trusted_origins: Names = Field([], description="Origins that may post forms to the admin.")
    cors_allowed_origins: Names = Field([], description="Origins whose scripts may call the API.")
    trusted_proxies: Annotated[list[IPvAnyNetwork], NoDecode, BeforeValidator(split_on_commas)] = Field(
        [],
        description="Networks of the proxies in front, as in 10.0.0.0/8: from these alone X-Forwarded-For and "
        "X-Forwarded-Proto are believed.",
    )
    secure_transport: bool = Field(
        True,
        description="Behind HTTPS: secure cookies and a redirect from plain HTTP. `manage.py up`, which serves this "
        "machine alone, turns it off unless it is set; DEBUG does too.",
    )
    login_failures_limit: int = Field(5, ge=1, description="Wrong passwords before a name must wait a quarter hour.")
    rate_limits: Annotated[dict[str, int], NoDecode] = Field(
        RATE_LIMITS, validate_default=True, description="Requests a minute of one user, by kind of work."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Verbosity of the log.")

    log_format: Literal["line", "json"] = Field("line", description="Log lines for people or for machines.")
    sentry_dsn: SecretStr = Field(SecretStr(""), description="Where to report our own errors; empty reports nowhere.")

    data_dir: Path = Field(ROOT / "var", description="Database, broker directory, caches and tokens of embedded mode.")
    database_url: SecretStr = Field(SecretStr(""), description="PostgreSQL of a fleet; empty means SQLite in DATA_DIR.")
    database_pool_size: int = Field(10, ge=2, description="PostgreSQL connections that one process may hold.")
    redis_url: SecretStr = Field(SecretStr(""), description="Redis of a fleet; empty means a directory broker.")

    market_data: Names = Field(
        [], description="Vendors to ask, in this order: yahoo, ccxt:EXCHANGE, alpaca, massive. Empty asks nobody."
    )
    market_data_mb: int = Field(4096, ge=16, description="Size of the store of bars in DATA_DIR.")
    alpaca_key_id: SecretStr = Field(SecretStr(""), description="Key of Alpaca's market data.")
    alpaca_secret: SecretStr = Field(SecretStr(""), description="Secret of Alpaca's market data.")
    massive_key: SecretStr = Field(SecretStr(""), description="Key of Massive (formerly Polygon).")
    csv_dir: Path | None = Field(None, description="Folder of market data as CSV files, one a symbol and interval.")

    run_lease_seconds: float = Field(15.0, gt=0, description="A worker silent for longer has lost its run.")
    run_max_attempts: int = Field(3, ge=1, description="How often a run whose worker died is started again.")
    worker_niceness: int = Field(
        5,
        ge=0,
        le=19,
        description="How far workers stand back for the web server on the same machine; 0 for not at all.",
    )
    sweep_seconds: float = Field(5.0, gt=0, description="How often lost and forgotten runs are looked for.")
    queued_runs_limit: int = Field(100, ge=1, description="Unfinished runs that one user may have.")
    streams_limit: int = Field(50, ge=1, description="Event streams that one user may hold open on one web process.")
    sockets_per_user: int = Field(10, ge=1, description="Sockets that one user may hold open on one web process.")
    topics_per_socket: int = Field(200, ge=1, description="Topics that one socket may follow.")
    socket_messages_per_second: int = Field(
        20, ge=1, description="Messages a second from one client; twice as many at once close its socket."
    )
    socket_message_bytes: int = Field(64 << 10, ge=1024, description="Largest message that a client may send.")
    socket_ping_seconds: float = Field(20.0, gt=0, description="How often a silent client is asked whether it lives.")
    keep_events_days: int = Field(90, ge=1, description="Events of finished runs are removed after this time.")
    keep_curves_days: int = Field(365, ge=1, description="Equity curves, trades and logs are thinned after this time.")
    body_limit_bytes: int = Field(1 << 20, ge=1024, description="Largest accepted request body.")
    upload_limit_bytes: int = Field(20 << 20, ge=1024, description="Largest accepted file of market data.")

    sandbox_wall_seconds: float = Field(20.0, gt=0, description="Wall-clock time one strategy run may take.")
    sandbox_memory_mb: int = Field(512, ge=64, description="Memory one strategy run may use.")
    sandbox_without_walls: Names = Field(
        [], description="Run although these walls of the sandbox are missing; every start and execution says so."
    )
    fast_path_sample: int = Field(
        50, ge=0, description="Of so many specifications that are played, one runs in the sandbox too; 0 for none."
    )
    kernel_cache_dir: Path | None = Field(
        None,
        description="Folder of the compiled kernel: of this user alone, outside the project. Empty means ~/.cache/algoagent.",
    )

    @field_validator("rate_limits", mode="before")
    @classmethod
    def read_limits(cls, value: object) -> dict[str, int]:
        """Accept `read=600,write=120`; kinds that are not named keep their default."""
        if isinstance(value, str):
            pairs = (part.partition("=") for part in value.split(",") if part.strip())
            value = {kind.strip(): int(number) for kind, _, number in pairs}
        stated = dict(value) if isinstance(value, Mapping) else {}
        unknown = sorted(set(stated) - set(RATE_LIMITS))
        if unknown:
            raise ValueError(f"unknown kinds of work: {', '.join(unknown)}; known: {', '.join(RATE_LIMITS)}")
        return {**RATE_LIMITS, **stated}

    @model_validator(mode="after")
    def has_a_secret_key(self) -> "Environment":
        """Refuse to start a server whose sessions anyone can forge."""
        if not self.debug and len(self.secret_key.get_secret_value()) < 50:
            raise ValueError(
                "SECRET_KEY must be set to at least 50 characters unless DEBUG=true; "
                "`make setup` writes one into .env, or run: python -m algoagent.environment"
            )
        return self


def unknown_names(dotenv: Path = ROOT / ".env") -> dict[str, str]:
    """Return the names in `.env` that nothing reads, each with the setting that was probably meant, or an empty text.

    A misspelt name would otherwise be taken for a setting that was left at its default.
    """
    if not dotenv.exists():
        return {}
    known = [name.upper() for name in Environment.model_fields]
    names = [name for name in dotenv_values(dotenv, interpolate=False) if name.upper() not in known]
    return {
        name: next(iter(difflib.get_close_matches(name.upper(), known, n=1)), "")
        for name in names
        if not KEY_NAME.fullmatch(name)
    }


def new_dotenv(example: str) -> str:
    """Return the text of `.env.example` with a fresh secret key filled in."""
    return example.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(48)}\n", 1)


def write_dotenv() -> bool:
    """Create `.env`, readable by its owner alone, unless it exists; return whether it was created."""
    path = ROOT / ".env"
    if path.exists():
        return False
    path.touch(mode=0o600)
    path.write_text(new_dotenv((ROOT / ".env.example").read_text()))
    return True


if __name__ == "__main__":
    write_dotenv()
