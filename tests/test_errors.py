"""An error says what, where and what to do, and survives the way through another process."""

import json
import multiprocessing
import pickle
from pathlib import Path

import pytest

from opengenome import errors
from opengenome.cli import inputs
from opengenome.cli.environment import Site
from opengenome.errors import (
    NEW_RUN,
    Again,
    ContractError,
    EngineError,
    InputError,
    LawError,
    OpenGenomeError,
    StorageError,
    UsageError,
    Where,
    from_dict,
    from_line,
    number_of,
    readable,
)
from opengenome.io.paths import shown
from opengenome.io.search import search
from opengenome.orchestration import labels
from opengenome.orchestration.pages.listing import input_of
from opengenome.orchestration.past import PastRun
from opengenome.report.page.shown import path as shown_in_the_report

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OpenGenomeError)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_keeps_its_place_and_its_advice_when_pickled(kind, protocol):
    error = kind("No good", advice="Do this.", file="x.fa", record=3, line=7, batch=2)
    copy = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
    assert type(copy) is kind
    assert (copy.message, copy.advice, copy.where, copy.retryable) == (
        "No good", "Do this.", {"file": "x.fa", "record": 3, "line": 7, "batch": 2}, error.retryable,
    )  # fmt: skip
    assert str(copy) == str(error) == "No good (file x.fa, record 3, line 7, batch 2). Do this."


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_keeps_whether_to_retry_when_pickled(protocol):
    for again in Again:
        assert pickle.loads(pickle.dumps(EngineError("No good", again=again), protocol)).again == again  # noqa: S301


@pytest.mark.parametrize("kind", [EngineError, InputError, StorageError, ContractError, LawError])
def test_an_error_whose_advice_is_a_new_run_never_offers_a_retry(kind):
    assert kind("No good", advice=NEW_RUN).again == Again.NO
    assert kind("No good. Start a new run.", again=Again.YES).again == Again.NO
    assert kind("No good").again != Again.NO


def test_standard_input_is_called_so_and_no_retry_can_read_it_again(tmp_path):
    site = Site(tmp_path, tmp_path, tmp_path, tmp_path)
    with inputs._private_file(site.standard_input) as file:
        error = InputError("No good", file=file, line=3, advice="Look.")
        assert str(error) == "No good (standard input, line 3). Look."
        assert error.again == Again.NO
        assert shown(file) == shown(file.name) == labels.named([str(file)]) == "standard input"
        file.write_bytes(b"{}")
        with pytest.raises(InputError, match=r"This is JSON, which is not a supported input \(standard input\)\. "):
            search(str(file), [tmp_path])
    assert InputError("No good", file="/x/standard-input").again == Again.MENDED


ODD_NAMES = ["caf\udce9.fa", "two\nlines", "\u2028", "cr\r", "\ud800", "\x1b[31m", "soft\xadhyphen"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["x.fa", "µ →.fa", *ODD_NAMES, f"/x/standard-input-{'0' * 16}"])
def test_an_error_reads_the_same_after_it_was_data(kind, name):
    where: Where = {"file": name, "folder": name, "pattern": f"{name}*", "line": 7, "record": "3 (d)", "batch": 2}
    error = kind(f"{name} is bad\nin two lines", advice=f"Mend {name}.", **where)
    through_airflow = json.dumps(error.as_dict(), ensure_ascii=False).encode()  # which holds UTF-8, and nothing else
    line = error.as_line()
    assert line.isascii()
    assert line.isprintable()
    for copy in (from_dict(json.loads(through_airflow)), from_line(f"{line}\n")):
        assert (type(copy), copy.again, copy.retryable) == (kind, error.again, error.retryable)
        assert str(copy) == str(error)
        assert copy.as_dict() == error.as_dict()


def test_the_data_of_an_error_are_its_places_and_what_to_do():
    assert InputError("No good", advice="Look.", file="x.fa", record=3, line=7, batch=2).as_dict() == {
        "kind": "InputError", "message": "No good", "file": "x.fa", "record": 3, "line": 7, "batch": 2,
        "advice": "Look.", "retryable": False, "again": "mended",
    }  # fmt: skip


def test_what_a_newer_version_tells_is_understood_as_far_as_that_goes():
    newer = {"kind": "NewError", "message": "No good", "file": "x.fa", "again": "perhaps", "more": 1}
    assert [type(from_dict({**newer, "retryable": able})) for able in (True, False)] == [EngineError, OpenGenomeError]
    assert str(from_dict(newer)) == "No good (file x.fa)."
    assert str(from_dict({})) == "."


@pytest.mark.parametrize("line", ["", "ERROR: The disk is full", "ERROR: [1]", "ERROR: {", '{"message": "x"}'])
def test_a_line_of_somebody_elses_is_no_error_of_ours(line):
    assert from_line(line) is None


def test_a_kind_that_only_one_module_knows_is_told_as_the_kind_it_is_of():
    class OfOneModuleError(UsageError):
        pass

    assert type(from_dict(OfOneModuleError("No good").as_dict())) is UsageError


def fail():
    raise InputError("No good", file="x.fa", line=1, advice="Look.")


def test_an_error_of_another_process_arrives_whole():
    with (
        multiprocessing.get_context("spawn").Pool(1) as pool,
        pytest.raises(InputError, match=r"^No good \(file x\.fa, line 1\)\. Look\.$"),
    ):
        pool.apply(fail)


def test_what_is_not_known_is_not_said():
    assert str(InputError("No good")) == "No good."
    assert str(InputError("No good", file=None, line=0)) == "No good (line 0)."


def test_only_the_machinery_is_tried_again():
    assert [kind for kind in KINDS if kind.retryable] == [EngineError]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_can_be_printed_on_one_line(name):
    said = str(InputError(f"{name} is bad", file=name, advice=f"Mend {name}."))
    assert all(line.isprintable() for line in said.split("\n"))
    said.encode()
    assert errors.printable("caf\udce9 µ→\n") == r"caf\xe9 µ→\n"


def test_one_thing_is_told_in_the_singular():
    assert [number_of(number, "file") for number in (0, 1, 1234)] == ["0 files", "1 file", "1,234 files"]
    assert number_of(1, "batch", "batches") == "1 batch"
    assert number_of(2, "batch", "batches") == "2 batches"


def test_a_long_text_loses_its_middle_and_says_so():
    name = f"/in/{'x' * 300}\n.fa"
    assert readable(name) == rf"/in/{'x' * 96}…{'x' * 35}\n.fa (309 characters)"
    assert readable(name, 80) == rf"/in/{'x' * 46}…{'x' * 15}\n.fa (309 characters)"
    assert readable("x" * 160) == "x" * 160


def test_a_long_path_is_told_alike_in_the_report_the_pages_and_an_error(tmp_path):
    path = f"/in/{'x' * 200}/{'y' * 200}.fa"
    run = PastRun("r", "published", source=path)
    with pytest.raises(InputError) as caught:
        search(path, [Path("/")], tmp_path)
    assert readable(path) == shown_in_the_report(path) == input_of(run) == caught.value.where["file"]
