"""What a terminal shows, tested on a terminal in memory, and what a pipe gets."""

from __future__ import annotations

import io
import sys
from typing import Any

import pyte
import pytest
from rich.text import Text

from opengenome.cli import terminal
from opengenome.cli.__main__ import log_line
from opengenome.cli.pace import duration
from opengenome.cli.progress import Lines, Screen, display_for
from opengenome.cli.streams import Remarks
from opengenome.cli.watch import Look, TaskState
from opengenome.errors import EngineError

NAME = "[red]mito[/red] :smile: [/].fasta"
PLANNED = [
    {"bases": 20_000_000, "reason": "" if index == 0 else "no earlier output", "recount": False} for index in range(5)
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 80 columns and 24 lines, with colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    return Terminal()


def seen(out: io.StringIO, columns: int = 80, lines: int = 24) -> list[str]:
    """The lines on the screen."""
    screen = pyte.Screen(columns, lines)
    pyte.Stream(screen).feed(out.getvalue().replace("\n", "\r\n"))
    return "\n".join(line.rstrip() for line in screen.display).rstrip().split("\n")


def task(name: str, state: str | None, index: int = -1, label: str | None = None) -> TaskState:
    found: dict[str, Any] = {"task_id": name, "map_index": index, "state": state, "try_number": 1, "max_tries": 2}
    return TaskState.of({**found, "rendered_map_index": label, "end_date": None})


def batches(*states: str | None) -> tuple[TaskState, ...]:
    return tuple(task("count_codons", state, index) for index, state in enumerate(states))


def running(seconds: float, *tasks: TaskState) -> Look:
    return Look("running", tasks, seconds)


@pytest.mark.parametrize(("term", "kind"), [("xterm", Screen), ("dumb", Lines), (None, Lines)])
def test_a_terminal_that_cannot_move_its_cursor_gets_lines(term, kind, monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    if term:
        monkeypatch.setenv("TERM", term)
    assert isinstance(display_for(Terminal()), kind)
    assert isinstance(display_for(io.StringIO()), Lines)


def test_the_drawing_is_updated_in_place_and_notes_stay_above(out, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "0")  # a variable for other programs that use rich must not matter
    with Screen(out) as screen:
        screen.show(running(1, task("plan", "running")))
        screen.note("12 files are read")
        screen.show(running(2, task("plan", "success")))
    assert "running · 1 s" in out.getvalue()
    assert seen(out) == ["12 files are read", "running · 2 s", "  ✓ plan"]


def test_other_output_stays_above_the_drawing_too(out, monkeypatch):
    monkeypatch.setattr("sys.stderr", out)
    with Screen(out) as screen:
        screen.show(running(1, task("plan", "running")))
        print(f"Airflow does not answer: {NAME}", file=sys.stderr)
        screen.show(running(2, task("plan", "running")))
    assert seen(out) == [f"Airflow does not answer: {NAME}", "running · 2 s", "  ▸ plan"]


def test_the_cursor_is_there_again_after_an_interruption(out):
    with pytest.raises(KeyboardInterrupt), Screen(out) as screen:
        screen.show(running(1, task("plan", "running")))
        raise KeyboardInterrupt
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_tasks_are_drawn_in_the_order_of_the_flow_with_batches_counted(out):
    with Screen(out) as screen:
        tasks = (*batches("success", "running", None), task("plan", "success"), task("discover", "success"))
        screen.show(running(3, *tasks))
    assert seen(out)[1:] == [
        "  ✓ discover",
        "  ✓ plan",
        "  ▸ count_codons 1/3 (1 running, 1 waiting)",
        "      ▸ batch 2",
    ]


def test_names_are_shown_unchanged(out):
    with Screen(out) as screen:
        screen.note(NAME)
        screen.show(running(1, task("ingest", "running", 0, NAME)))
    assert seen(out)[0] == NAME
    assert seen(out)[3] == f"      ▸ {NAME}"


@pytest.mark.parametrize(("columns", "lines"), [(20, 5), (40, 24), (80, 8)])
def test_no_more_is_drawn_than_the_terminal_can_hold(out, monkeypatch, columns, lines):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))
    label = "batch 1/9 · 5,000 sequences · 21.9 Mnt · and more than fits any of these terminals, really"
    look = running(1, *(task("ingest", "running", index, label) for index in range(9)), task("plan", None))
    screen = Screen(out)
    screen.__enter__()
    for _ in range(3):
        screen.show(look)
    shown = seen(out, columns, lines)
    assert shown[0] == "running · 1 s"  # nothing has scrolled, and no earlier drawing is left
    assert sum("running · 1 s" in line for line in shown) == 1
    screen.__exit__()


def test_the_bar_shows_progress_rate_and_time_left(out):
    with Screen(out, lambda: PLANNED) as screen:
        screen.show(running(10, *batches("success", "running", "running", None, None)))
        assert seen(out)[2].endswith("━  20.0 of 100.0 Mnt")
        screen.show(running(14, *batches("success", "success", "success", "running", "running")))
    # Two batches took 4 s. The first was counted by an earlier run and does not count for the rate.
    assert seen(out)[2].endswith("━  60.0 of 100.0 Mnt · 4 s left · 10.0 Mnt/s")


def test_the_time_left_shrinks_between_batches_and_nothing_is_left_at_the_end(out):
    with Screen(out, lambda: PLANNED) as screen:
        for seconds, done in ((10, 1), (14, 3), (16, 3)):
            screen.show(running(seconds, *batches(*["success"] * done, *["running"] * (5 - done))))
        assert " · 2 s left · 10.0 Mnt/s" in seen(out)[2]
        screen.show(running(18, *batches(*["success"] * 5)))
    assert seen(out)[2].endswith("━  100.0 of 100.0 Mnt")


def test_a_narrow_terminal_has_the_numbers_without_the_bar(out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    with Screen(out, lambda: PLANNED) as screen:
        screen.show(running(10, *batches("success", "running", "running", None, None)))
        screen.show(running(14, *batches("success", "success", "success", "running", "running")))
    assert seen(out, 40)[2] == "      60.0 of 100.0 Mnt · 4 s left · 10…"


@pytest.mark.parametrize(
    ("seconds", "words"), [(8.4, "8 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (11_040, "3 h 4 min")]
)
def test_the_time_left_is_shown_in_at_most_two_units(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize("planned", [None, [], "x", [{"bases": 1}], {"a": 1}])
def test_a_run_whose_plan_has_no_bases_is_shown_without_them(out, planned):
    with Screen(out, lambda: planned) as screen:
        screen.show(running(1, *batches("running")))
    assert seen(out) == ["running · 1 s", "  ▸ count_codons 0/1 (1 running)", "      ▸ batch 1"]


def test_a_run_of_one_batch_has_a_bar(out):
    with Screen(out, lambda: PLANNED[:1]) as screen:
        screen.show(running(1, *batches("running")))
    assert seen(out)[2].endswith("0.0 of 20.0 Mnt")


def test_a_plan_that_airflow_did_not_return_is_requested_again(out):
    answers = iter([EngineError("busy"), PLANNED])

    def planned() -> object:
        found = next(answers)
        if isinstance(found, EngineError):
            raise found
        return found

    with Screen(out, planned) as screen:
        for _ in range(3):
            screen.show(running(1, *batches("running", None, None, None, None)))
    assert seen(out)[2].endswith("0.0 of 100.0 Mnt")


def shown(out: io.StringIO) -> None:
    rows = [["AAA", "1,234,567"], [NAME, "2"]]
    terminal.show(
        [terminal.columns(["codon", "count"], rows, left=(0,)), Text(f"Proven: {NAME}", style="green"), NAME], out
    )


def test_a_pipe_gets_plain_lines_as_long_as_they_are(out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("FORCE_COLOR", "1")
    piped = io.StringIO()
    shown(piped)
    assert piped.getvalue().splitlines() == [
        "codon                                  count",
        "AAA                                1,234,567",
        f"{NAME}          2",
        f"Proven: {NAME}",
        NAME,
    ]


def test_a_terminal_gets_the_same_text_in_colours(out):
    piped = io.StringIO()
    shown(piped)
    shown(out)
    assert seen(out) == piped.getvalue().splitlines()
    assert "\x1b[32m" in out.getvalue()


def test_markup_and_emoji_codes_are_printed_as_text(out):
    terminal.console(out).print(f"{NAME} 'of' 123")
    assert out.getvalue() == f"{NAME} 'of' 123\n"


@pytest.mark.parametrize(("name", "value", "escapes"), [("NO_COLOR", "1", ("\x1b[1m",)), ("TERM", "dumb", ())])
def test_no_color_switches_colours_off(out, monkeypatch, name, value, escapes):
    monkeypatch.setenv(name, value)
    shown(out)
    rest = out.getvalue().replace("\x1b[0m", "")
    for escape in escapes:  # bold is not a colour
        rest = rest.replace(escape, "")
    assert "\x1b" not in rest


def test_a_long_line_is_folded_between_words_and_indented(out):
    terminal.show(["  Ledger: " + "missing " * 12], out)
    assert seen(out) == ["  Ledger: " + "missing " * 7 + "missing", "    missing missing missing missing"]


@pytest.mark.parametrize(
    "words", ["a" * 80, "a" * 79 + " b" * 40, "", " ", "two\n\n  lines", "a" * 200 + "  b", "  " + "é世 " * 60]
)
def test_nothing_is_lost_where_a_line_is_folded(out, words):
    terminal.show([words], out)
    assert "".join("".join(seen(out)).split()) == "".join(words.split())
    assert all(len(line) <= 80 or " " not in line.strip() for line in out.getvalue().split("\n"))


def test_a_long_path_can_be_copied(out):
    path = "/folder" * 30
    terminal.show([f"error: {path} does not exist."], out)
    assert path in out.getvalue()


def test_a_line_that_fits_is_not_folded(out):
    terminal.show([" " * 20 + "a b " * 15], out)
    assert len(seen(out)) == 1


def test_no_number_is_cut_to_make_a_table_narrower(out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    shown(out)
    assert "1,234,567" in out.getvalue()


def test_an_error_is_red_on_a_terminal_and_plain_in_a_pipe(out, monkeypatch):
    monkeypatch.setattr("sys.stderr", out)
    log_line(f"error: {NAME} is no file.")
    assert seen(out) == [f"error: {NAME} is no file."]
    assert out.getvalue().startswith("\x1b[1;31merror: \x1b[0m")
    monkeypatch.setattr("sys.stderr", piped := io.StringIO())
    log_line(f"error: {NAME} is no file.")
    assert piped.getvalue() == f"error: {NAME} is no file.\n"


def test_a_terminal_with_an_old_encoding_gets_ascii_signs():
    file = io.TextIOWrapper(io.BytesIO(), encoding="iso-8859-1")
    remarks = Remarks(file)
    remarks.write("✓ batch 3/7 · 5,000 → 2 × 3 ━━╸ … café \udce9 Ω")
    remarks.flush()
    assert file.buffer.getvalue().decode("iso-8859-1") == "+ batch 3/7 · 5,000 > 2 × 3 === ~ café \\udce9 \\u03a9"
