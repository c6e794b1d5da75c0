"""`python -m opengenome.cli`: the one place that turns what happened into an exit code.

0 proven, verified or done; 1 the run failed, or a folder does not verify; 2 usage.
"""

from __future__ import annotations

import importlib
import signal
import sys

from opengenome.cli.arguments import parse
from opengenome.errors import OpenGenomeError, UsageError

DONE, FAILED, USAGE = 0, 1, 2

# Module and function of each command; imported when it is called, for what each needs takes time.
_COMMANDS = {
    "analyze": ("analyze", "analyze"),
    "demo": ("analyze", "demo"),
    "retry": ("retry", "retry"),
    "verify": ("verify", "verify"),
    "clean": ("clean", "clean"),
    "up": ("service", "up"),
    "down": ("service", "down"),
    "stack": ("stack", "stack"),
    "package": ("package", "package"),
    "bench": ("bench", "bench"),
}


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    given = parse(arguments)
    # Being told to end and a closed terminal are the same as Ctrl-C: stop in order, leave nothing behind. SIGINT too is
    # set, because a script's background job starts with it ignored; a SIGHUP that nohup has switched off stays off.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        if given.command == "test":
            from opengenome.cli import testing

            return DONE if testing.test(testing.Selection.of(given), say) else FAILED
        module, name = _COMMANDS[given.command]
        getattr(importlib.import_module(f"opengenome.cli.{module}"), name)(given, say)
    except UsageError as error:
        say(f"error: {error}")
        return USAGE
    except OpenGenomeError as error:
        say(f"error: {error}")
        return FAILED
    except KeyboardInterrupt:
        if given.command == "up":
            return DONE  # the way in which it ends
        say("Interrupted")
        return FAILED
    return DONE


def say(sentence: str) -> None:
    """One line for the person at the terminal, apart from the output proper."""
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
