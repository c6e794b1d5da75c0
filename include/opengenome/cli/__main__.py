"""`python -m opengenome.cli`: run a command and turn its outcome into a message or JSON, and an exit code."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import secrets
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from opengenome.cli import arguments as command_line
from opengenome.cli import exits
from opengenome.cli.environment import Site, write_private
from opengenome.cli.exits import DONE, FAILED, UNREAD, USAGE
from opengenome.cli.streams import Output, Remarks, open_standard_files
from opengenome.cli.terminal import marked, show
from opengenome.errors import OpenGenomeError, StorageError, UsageError, printable

# Module and function of each command. Imported when the command is called, because the imports take time.
_COMMANDS = {
    "analyze": ("analyze", "analyze"),
    "demo": ("analyze", "demo"),
    "retry": ("retry", "retry"),
    "runs": ("runs", "runs"),
    "verify": ("verify", "verify"),
    "compare": ("compare", "compare"),
    "export": ("export", "export"),
    "clean": ("clean", "clean"),
    "up": ("service", "up"),
    "down": ("service", "down"),
    "stack": ("stack", "stack"),
    "package": ("package", "package"),
    "bench": ("bench", "bench"),
}
_ERROR = "error: "
_PRINTS_LAST = ("analyze", "demo", "retry")  # these write their results before they print anything


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    open_standard_files()
    if sys.stdout is None and _wants_json(arguments):  # closed by the caller
        print(f"{_ERROR}Standard output is closed, and --json writes to it.", file=sys.stderr, flush=True)
        return FAILED
    with (
        Path(os.devnull).open("w") as nowhere,  # a closed stream is None, which `print` takes for standard output
        contextlib.redirect_stdout(Output(sys.stdout or nowhere)),
        contextlib.redirect_stderr(Remarks(sys.stderr or nowhere)),
    ):
        return _main(arguments)


def _main(arguments: list[str]) -> int:
    # SIGTERM and a closed terminal act like Ctrl-C: stop in order and leave nothing behind. SIGINT is set too, because
    # a script's background job starts with it ignored. A SIGHUP that nohup switched off stays off.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    code, out = DONE, sys.stdout
    try:
        if _wants_json(arguments):
            answer: dict[str, Any] = {}
            with contextlib.redirect_stdout(sys.stderr):
                code, sentence = _ended(arguments, answer)
            if sentence:
                answer["error"] = sentence
            print(json.dumps({**answer, "exit": code}), file=out)
        else:
            code, sentence = _ended(arguments, {})
            if sentence:
                log_line(f"{_ERROR}{sentence}" if code in (FAILED, USAGE) else sentence)
        out.flush()  # here, where a full disk can still be reported
    except BrokenPipeError:
        return code or (DONE if arguments[:1] and arguments[0] in _PRINTS_LAST else UNREAD)
    except KeyboardInterrupt:  # while the outcome is printed
        return code or exits.of_signal(signal.SIGINT)
    except StorageError as error:
        log_line(f"{_ERROR}{error}")
        return FAILED
    return code


def _wants_json(arguments: list[str]) -> bool:
    """Whether --json is given, even if the arguments are invalid. What follows `test` is pytest's.

    The launcher checks the same.
    """
    return arguments[:1] != ["test"] and any(word.partition("=")[0] == "--json" for word in arguments)


def _interrupt(number: int, _: object) -> NoReturn:
    raise KeyboardInterrupt(number)


def _ended(arguments: list[str], answer: dict[str, Any]) -> tuple[int, str]:
    """Run the command; its exit code, and a sentence about what went wrong, if anything did.

    answer: receives the command's JSON keys as it goes. Raises BrokenPipeError.
    """
    try:
        return (DONE if _run(arguments, answer) else FAILED), ""
    except SystemExit as ended:  # after --help
        sys.stdout.flush()
        return int(ended.code or DONE), ""
    except BrokenPipeError:
        raise
    except OpenGenomeError as error:
        if answer.get("retry") and str(answer["retry"]) not in str(error):
            del answer["retry"]  # a script gets the same advice as a person
        return exits.of_error(error), str(error)
    except KeyboardInterrupt as interrupt:
        if arguments[0] == "up":  # this is how `up` ends
            return DONE, ""
        again = f". To continue: {answer['retry']}" if answer.get("retry") else ""
        return exits.of_signal(interrupt.args[0] if interrupt.args else signal.SIGINT), f"Interrupted{again}"
    except Exception as error:
        return FAILED, _unexpected(error)


def _run(arguments: list[str], answer: dict[str, Any]) -> bool:
    """Run the command; whether it succeeded."""
    if not arguments:
        log_line(command_line.short_help())
        raise SystemExit(USAGE)
    if arguments[0] == "--version":
        from opengenome.cli import version

        print("\n".join(version.lines()))
        return True
    given = command_line.parse(arguments)
    if given.command == "help":
        print(command_line.help_of(given.words), end="")
        return True
    try:
        os.getcwd()  # noqa: PTH109  (only whether it exists)
    except FileNotFoundError as error:
        raise UsageError("The working directory has been deleted", advice="Change to another one.") from error
    if given.command == "test":
        from opengenome.cli import testing

        return testing.test(testing.Selection.of(given), log_line)
    given.answer = answer
    module, name = _COMMANDS[given.command]
    getattr(importlib.import_module(f"opengenome.cli.{module}"), name)(given, log_line)
    return True


def _unexpected(error: Exception) -> str:
    """A sentence about an unexpected error, and where its trace is kept."""
    words = "".join(traceback.format_exception_only(error)).strip()
    site = Site.of_checkout()
    file = site.home / "logs" / "commands" / f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}.txt"
    try:
        site.prepare()
        text = "".join(traceback.format_exception(error))
        write_private(file, text.encode(errors="backslashreplace").decode())
    except (OSError, OpenGenomeError) as failed:
        return f"Unexpected {printable(words)}. Its trace cannot be saved: {printable(str(failed))}"
    return f"Unexpected {printable(words)}. Its trace is in {file}"


def log_line(sentence: str) -> None:
    """Print one line to standard error, where it is apart from the output."""
    mark = _ERROR if sentence.startswith(_ERROR) else ""
    show([marked(mark, "bold red", sentence.removeprefix(mark), sys.stderr)], sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
