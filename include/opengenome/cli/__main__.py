"""`python -m opengenome.cli`: the one place that turns what happened into an exit code.

0 proven (or done), 1 the run failed, 2 usage, 141 the reader of what is printed has gone before the work was done.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from opengenome.cli.arguments import parse
from opengenome.cli.environment import Site, write_private
from opengenome.cli.printing import printable
from opengenome.cli.streams import Output, Remarks, open_standard_files
from opengenome.errors import OpenGenomeError, UsageError

DONE, FAILED, USAGE, UNREAD = 0, 1, 2, 141  # as the shell counts a SIGPIPE

# Module and function of each command; imported when it is called, for what each needs takes time.
_COMMANDS = {
    "analyze": ("analyze", "analyze"),
    "demo": ("analyze", "demo"),
    "retry": ("retry", "retry"),
    "clean": ("clean", "clean"),
    "up": ("service", "up"),
    "down": ("service", "down"),
    "stack": ("stack", "stack"),
    "package": ("package", "package"),
    "bench": ("bench", "bench"),
}
_PRINTS_LAST = ("analyze", "demo", "retry")  # their results are written before anything is printed


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    open_standard_files()
    with (
        Path(os.devnull).open("w") as nowhere,  # a stream that is closed is None, and `print` takes that for the other
        contextlib.redirect_stdout(Output(sys.stdout or nowhere)),
        contextlib.redirect_stderr(Remarks(sys.stderr or nowhere)),
    ):
        return _main(arguments)


def _main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    # Being told to end and a closed terminal are the same as Ctrl-C: stop in order, leave nothing behind. SIGINT too is
    # set, because a script's background job starts with it ignored; a SIGHUP that nohup has switched off stays off.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        done = _run(arguments)
        sys.stdout.flush()  # here, where a full disk can still be told
    except BrokenPipeError:
        return DONE if command in _PRINTS_LAST else UNREAD
    except OpenGenomeError as error:
        say(f"error: {error}")
        return USAGE if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        if command != "up":  # which ends in this way
            say("Interrupted")
        return DONE if command == "up" else FAILED
    except Exception as error:
        say(f"error: {_unexpected(error)}")
        return FAILED
    else:
        return DONE if done else FAILED


def _run(arguments: list[str]) -> bool:
    """Whether the command, which ended, is content."""
    try:
        given = parse(arguments)
    except SystemExit:
        sys.stdout.flush()  # the help
        raise
    try:
        os.getcwd()  # noqa: PTH109  (only whether there is one)
    except FileNotFoundError as error:
        raise UsageError("The working directory has been deleted", advice="Change to one that is there.") from error
    if given.command == "test":
        from opengenome.cli import testing

        return testing.test(testing.Selection.of(given), say)
    module, name = _COMMANDS[given.command]
    getattr(importlib.import_module(f"opengenome.cli.{module}"), name)(given, say)
    return True


def _unexpected(error: Exception) -> str:
    """A sentence about an error that nobody foresaw, and where its trace is kept."""
    words = "".join(traceback.format_exception_only(error)).strip()
    site = Site.of_checkout()
    file = site.home / "logs" / "commands" / f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}.txt"
    try:
        site.prepare()
        text = "".join(traceback.format_exception(error))
        write_private(file, text.encode(errors="backslashreplace").decode())
    except (OSError, OpenGenomeError) as failed:
        return f"Unexpected {printable(words)}. Its trace cannot be kept: {printable(str(failed))}"
    return f"Unexpected {printable(words)}. Its trace is in {file}"


def say(sentence: str) -> None:
    """One line for the person at the terminal, apart from the output proper."""
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
