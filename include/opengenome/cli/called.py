"""The command as the user called it, so that hints can be typed in the same place."""

from __future__ import annotations

import os


def typed(words: str) -> str:
    """A line to type. words: what follows the command's name, quoted for a shell if needed."""
    return f"{os.environ.get('OPENGENOME_COMMAND') or './opengenome'} {words}".rstrip()  # quoted by the launcher
