"""Where text comes from and goes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from rich.console import Console, RenderableType

# A pipe has no width of its own.
PIPE_WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Answers go to `writes`, what is said about them to `complains`."""

    reads: IO[str]
    writes: IO[str]
    complains: IO[str]

    def say(self, text: str) -> None:
        """Write one line for programs."""
        self.writes.write(text.encode("utf-8", "replace").decode() + "\n")
        self.writes.flush()

    def complain(self, text: str) -> None:
        """Write one line for people where it does not mix with the answer."""
        self.complains.write(text + "\n")
        self.complains.flush()

    def show(self, parts: Iterable[RenderableType], *, aside: bool = False) -> None:
        """Lay parts out for people; `aside` keeps them out of what is piped on."""
        stream = self.complains if aside else self.writes
        width = None if stream.isatty() else PIPE_WIDTH
        console = Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
        for part in parts:
            console.print(part)
        stream.flush()
