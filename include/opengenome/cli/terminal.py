"""Print text and tables: coloured and folded on a terminal, as plain lines of any length in a pipe."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # importing rich takes a tenth of a second, and pipes rarely need it
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

Shown: TypeAlias = "str | Text | Table"

_UNBOUND = 1_000_000  # columns, longer than any line of ours


def can_draw(out: IO[str]) -> bool:
    """Whether `out` is a terminal that can move its cursor."""
    return out.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def console(out: IO[str]) -> Console:
    """A rich console that shows text as it is: `[red]` in a file name is not markup, and `:smile:` not an emoji."""
    from rich.console import Console

    draws = can_draw(out)
    width = None if draws else shutil.get_terminal_size().columns if out.isatty() else _UNBOUND
    return Console(
        file=out,
        width=width,
        force_terminal=draws,  # whatever FORCE_COLOR says: a pipe gets plain text
        color_system="auto" if draws else None,
        markup=False,
        emoji=False,
        highlight=False,
    )


def show(things: Iterable[Shown], out: IO[str]) -> None:
    """Print each text or table on lines of its own."""
    if not out.isatty():
        for line in lines(things):
            print(line, file=out)
        out.flush()
    else:
        draw(things, console(out))


def draw(things: Iterable[Shown], screen: Console) -> None:
    """Print to a terminal. Tables keep their width: rich would cut numbers to make them narrower."""
    from rich.table import Table
    from rich.text import Text

    for thing in things:
        if isinstance(thing, Table):
            width, screen.width = screen.width, _UNBOUND
            screen.print(thing, crop=False)
            screen.width = width
        else:
            text = thing if isinstance(thing, Text) else Text(thing)
            for line in text.split("\n", allow_blank=True):
                for part in _folded(line, screen):
                    screen.print(part, overflow="ignore", no_wrap=True, crop=False)


def _folded(text: Text, screen: Console) -> Iterator[Text]:
    """Fold a line between words; later lines are indented by two more columns.

    A word longer than a line, such as a path, is left to the terminal, so that it can be copied.
    """
    indent = len(text) - len(text.plain.lstrip(" "))
    further, margin = min(indent, screen.width // 4) + 2, 0
    while True:
        end = len(text.wrap(screen, max(1, screen.width - margin))[0])
        if not text.plain[max(0, end - 1) : end + 1].count(" "):
            end += len(text.plain[end:].partition(" ")[0])
        line, text = text[:end], text[end:]
        line.pad_left(margin)
        line.rstrip()
        yield line
        text = text[len(text) - len(text.plain.lstrip(" ")) :]
        if not text:
            return
        margin = further


def lines(things: Iterable[Shown]) -> Iterator[str]:
    """The same texts and tables as plain lines."""
    for thing in things:
        if isinstance(thing, str):
            yield thing
        else:
            plain = console(io.StringIO())
            with plain.capture() as captured:
                plain.print(thing)
            yield from (line.rstrip() for line in captured.get().splitlines() or [""])


def marked(mark: str, style: str, rest: str, out: IO[str]) -> Shown:
    """A line whose first words are styled on a terminal."""
    if not out.isatty():
        return mark + rest
    from rich.text import Text

    return Text.assemble((mark, style), rest)


def columns(head: Sequence[str], rows: Iterable[Sequence[str]], left: Collection[int]) -> Table:
    """Columns as wide as their widest cell. left: columns of text; the others are numbers, aligned to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for number, name in enumerate(head):
        table.add_column(Text(name), justify="left" if number in left else "right")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
