"""--params: the parameters of a run from a file, as strict as the form."""

from __future__ import annotations

import json

import pytest

from opengenome.cli.analyze import conf_of
from opengenome.cli.arguments import parse
from opengenome.cli.inputs import check_inputs, seen_here
from opengenome.errors import UsageError
from opengenome.io.paths import text_of
from opengenome.parameters import RunParameters


@pytest.fixture
def given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def parsed(text: str, *more: str, name: str = "p.yaml"):
        (tmp_path / name).write_text(text)
        return parse(["analyze", "codon", "--outdir", "out", "--params", name, *more])

    return parsed


def conf(given):
    return conf_of(given, lambda path: path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source: a.fa\nframe: 1\n", {"source": "a.fa", "frame": 1}),
        ("source: |\n  a.fa\n  b.fa\nbatch-size: 7", {"source": "a.fa\nb.fa", "batch_size": 7}),
        ('{\n\t"source": "a.fa",\n\t"drop": ["pseudo"]\n}', {"source": "a.fa", "drop": ["pseudo"]}),
        ("source: a.fa\nper_sequence: no", {"source": "a.fa", "per_sequence": False}),
        ("\ufeffsource: a.fa", {"source": "a.fa"}),  # as some editors begin a file
        ("source: 2026-11-26", {"source": "2026-11-26"}),  # the name of a folder, not a date
        ('{"source": "\\ud83e\\uddec.fa"}', {"source": "🧬.fa"}),  # as many programs write JSON
    ],
)
def test_a_file_gives_parameters_by_their_names_also_with_dashes(given, text, expected):
    assert conf(given(text)) == expected


def test_the_command_line_goes_before_the_file_and_the_names_are_kept_for_saying_so(given):
    parsed = given("source: a.fa\nframe: 1\nmode: cds", "--frame", "2", "--input", "b.fa")
    assert conf(parsed) == {"source": "b.fa", "frame": 2, "mode": "cds"}
    assert parsed.overruled == ["source", "frame"]
    assert conf(given("source: a.fa\nframe: 1", "--frame", "0")) == {"source": "a.fa", "frame": 0}


def test_what_a_run_recorded_can_be_given_back(given):
    recorded = RunParameters(source="/data/a.fa\n/data/b.fa", frame=2, drop=("pseudo",), ordination=True).as_json()
    parsed = given(json.dumps(recorded, indent=1), name="params.json")
    assert conf(parsed) == conf_of(parsed, seen_here) == recorded  # an empty path is none, and not this folder


def test_a_path_that_a_run_had_to_record_as_an_address_is_given_back_as_that_file(given, tmp_path):
    odd = tmp_path / "line\nbreak \udcff.fa"
    odd.write_text(">a\nATG\n")
    recorded = RunParameters(source=f"{text_of(odd)}\n{tmp_path}/*.fa").as_json()
    parsed = given(json.dumps(recorded))
    assert parsed.source == [str(odd), f"{tmp_path}/*.fa"]
    check_inputs(parsed.source, "here")
    assert conf_of(parsed, seen_here)["source"] == recorded["source"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source: a\nframes: 1", "line 2: there is no parameter frames. Did you mean `frame`?"),
        ("zzz: 1", "line 1: there is no parameter zzz. The parameters are source, mode"),
        ("source: a\nframe: 1\nframe: 2", "line 3: frame is there twice. Remove one"),
        ("batch-size: 1\nbatch_size: 2", "line 2: batch_size is there twice"),
        ('source: a\nframe: "1"', "line 2: frame is '1'. It takes one of 0, 1, 2"),
        ("source: a\nbatch_size: 1.0", "line 2: batch_size is 1.0. It takes a whole number, 1 to"),
        ("source: a\nrecount: 1", "line 2: recount is 1. It takes true or false"),
        ("source: [a, b]", "line 1: source is ['a', 'b']. It takes text"),
        ("source: a\nframe: [", "p.yaml, line 2 is not YAML or JSON"),
        ("source: a\ngenetic_code: 011", "line 2: genetic_code is '011'. It takes"),
        ("source: a\ngenetic_code: 0xB", "line 2: genetic_code is '0xB'. It takes"),
        ("source: a\nbatch_size: 1:30", "line 2: batch_size is '1:30'. It takes a whole number"),
        ("source: a\nbatch_size: 1_000", "line 2: batch_size is '1_000'. It takes a whole number"),
        ("source: a\nbatch_size: " + "9" * 5000, "line 2: batch_size is '9999"),
        ("source: a\nbatch_size: !!int x", "p.yaml is not YAML or JSON"),
        ('{"source": "\\ud83e.fa"}', "line 1 is not YAML or JSON: a text may not hold such a character"),
        ('{"source": "a\\u0000"}', "line 1 is not YAML or JSON: a text may not hold such a character"),
        ("? [source]\n: a", "line 1: the name of a parameter is text. Write `name: value`"),
        ("source: !!python/object/apply:os.system [ls]", "is not YAML or JSON: could not determine a constructor"),
        ("a: &a [x]\nb: *a", "line 2: aliases (*name) are not taken"),
        ("[" * 5000 + "]" * 5000, "is nested too deeply"),
        ("- source", "is no list of parameters. Write `name: value`"),
        ("", "--input or --samplesheet is missing, and the file of --params has no source"),
        ("source: a\n" + "#" * 1_000_000, "has more than 1,000,000 bytes"),
        ("source: " + "ä" * 600_000, "has more than 1,000,000 bytes"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_key(given, text, said):
    with pytest.raises(UsageError) as caught:
        given(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith(("--params p.yaml", "--input"))


def test_a_file_that_is_not_utf_8_is_named(given, tmp_path):
    (tmp_path / "odd.yaml").write_bytes(b"source: \xff")
    with pytest.raises(UsageError, match=r"--params odd\.yaml is not UTF-8"):
        parse(["analyze", "codon", "--output", "out", "--params", "odd.yaml"])


def test_a_missing_file_is_named():
    with pytest.raises(UsageError, match=r"--params no\.yaml cannot be read: No such file"):
        parse(["analyze", "codon", "--output", "out", "--params", "no.yaml"])


def test_without_a_file_the_input_is_still_required():
    with pytest.raises(UsageError, match="required"):
        parse(["analyze", "codon", "--output", "out"])
