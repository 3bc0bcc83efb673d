"""The engine's own front door: the same engine as the service, on files and pipes.

Exit status: 0 when everything succeeded, 1 when something did not, 2 for wrong usage.
"""

import sys
from collections.abc import Sequence

from backtest_engine.cli.commands import SUCCEEDED, WRONG_USAGE
from backtest_engine.cli.options import parser_of
from backtest_engine.cli.terminal import Terminal

STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    terminal = Terminal(reads=sys.stdin, writes=sys.stdout, complains=sys.stderr)
    parser = parser_of(__doc__ or "")
    asked = parser.parse_args(arguments)
    if asked.command in ("generate", "read") and bool(asked.text) == bool(asked.lines):
        parser.error(f"{asked.command} takes a description (or - for standard input), or --lines FILE")
    try:
        return int(asked.run(asked, terminal))
    except BrokenPipeError:  # as when piped into `head`
        return SUCCEEDED
    except KeyboardInterrupt:
        terminal.complain("Stopped.")
        return STOPPED
    except OSError as error:
        terminal.complain(f"{error.filename or 'error'}: {error.strerror or error}")
        return WRONG_USAGE
