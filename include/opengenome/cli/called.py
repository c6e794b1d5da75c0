"""The command as it was called: what a hint says can be typed where the person is."""

from __future__ import annotations

import os


def typed(words: str) -> str:
    """A line to type. words: what follows the command's name, quoted for a shell where that is needed."""
    return f"{os.environ.get('OPENGENOME_COMMAND') or './opengenome'} {words}".rstrip()  # quoted by the launcher
