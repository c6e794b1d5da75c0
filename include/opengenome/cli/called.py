"""The command as the user called it, so that hints can be typed in the same place."""

from __future__ import annotations

import os
import shlex

from opengenome.orchestration import settings


def typed(words: str) -> str:
    """A line to type. words: what follows the command's name, quoted for a shell if needed."""
    return f"{os.environ.get('OPENGENOME_COMMAND') or './opengenome'} {words}".rstrip()  # quoted by the launcher


def retry_command(run: str, option: str) -> str:
    """The command that retries a run, in any shell of this machine. option: of its place."""
    current = settings.load()
    chosen = {"OPENGENOME_STORE": current.store, "OPENGENOME_RESULTS": current.results}
    here = [f"{name}={shlex.quote(str(value))} " for name, value in chosen.items() if os.environ.get(name)]
    return f"{'' if option else ''.join(here)}{typed(f'retry {shlex.quote(run)}{option}')}"
