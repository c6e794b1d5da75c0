"""A run takes its samplesheet, genetic code, reference and tRNA genes from files once, when it begins."""

from __future__ import annotations

import json

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import OWN, genetic_code
from opengenome.errors import InputError, UsageError
from opengenome.flow import new_run
from opengenome.io import tables
from opengenome.io.paths import path_of
from opengenome.io.schemas import Reference, Sample
from opengenome.orchestration.runs import Run, run_code

# The standard code, but CTG is Ser: that of some yeasts, without the number that NCBI gave it.
OWN_CODE = "".join(
    f"{codon},{'S' if codon == 'CTG' else letter}\n"
    for codon, letter in zip(CODONS, genetic_code(1).amino_acids, strict=True)
)
TABLE = "codon,count\n" + "".join(f"{codon},{position}\n" for position, codon in enumerate(CODONS))


@pytest.fixture
def given(house, write, records):
    """Writes a file beside the input, and returns its path as text."""
    write(house.data / "in.fasta", records(20))

    def put(name: str, text: str) -> str:
        (house.data / name).write_text(text)
        return str(house.data / name)

    return put


def test_a_samplesheet_is_the_source_of_a_run(house, given, write, records):
    write(house.data / "other.fasta", records(5, seed=1))
    sheet = given("sheet.csv", "sample,fasta,group\none,other.fasta,x\ntwo,in.fasta,y\n")
    done = house.proven("r", source=sheet)
    inputs = Run.of("r").inputs()
    assert [path_of(file.path).name for file in inputs.files] == ["other.fasta", "in.fasta"]
    assert inputs.samples == (Sample("one", (0,), {"group": "x"}), Sample("two", (1,), {"group": "y"}))
    assert tables.read_document(house.latest / tables.SUMMARY)["sequences"] == 25
    assert done


def test_a_wrong_samplesheet_stops_the_first_task_with_all_its_problems(house, given):
    sheet = given("sheet.csv", "sample,fasta\none,none.fasta\n,in.fasta\n")
    with pytest.raises(
        InputError, match=r"2 problems: row 2: fasta none\.fasta: There is no such file; row 3: the sample"
    ):
        house.discover("r", source=sheet)


def test_a_code_of_ones_own_decides_amino_acids_and_is_in_the_provenance(house, given):
    source, code = str(house.data / "in.fasta"), given("mine.csv", OWN_CODE)
    house.proven("r", source=source, code_table=code)
    table = tables.read_codon_table(house.latest)
    assert table["amino_acid"][CODONS.index("CTG")] == "S"
    assert sum(
        value for letter, value in zip(table["amino_acid"], table["rscu"], strict=True) if letter == "S"
    ) == pytest.approx(7)
    assert tables.read_document(house.latest / tables.SUMMARY)["genetic_code"] == {"id": OWN, "name": "mine.csv"}
    assert "AAs = FFLLSSSSYY**CC*WLLLS" in tables.read_document(house.latest / tables.PROVENANCE)["code_table"]


def test_a_later_change_of_the_files_changes_nothing(house, given):
    files = {
        "code_table": given("mine.csv", OWN_CODE),
        "reference": given("ref.csv", TABLE),
        "trna": given("trna.csv", "GAA,2\n"),
    }
    work = house.work("r", source=str(house.data / "in.fasta"), **files)
    work.step()
    for name in ("mine.csv", "ref.csv", "trna.csv"):
        given(name, "nonsense")
    for _ in work:
        pass
    inputs = Run.of("r").inputs()
    assert run_code(inputs).amino_acids[CODONS.index("CTG")] == "S"
    assert inputs.reference == Reference("ref.csv", tuple(range(64)))
    assert (sum(inputs.trna), inputs.trna[CODONS.index("TTC")]) == (2, 2)
    assert tables.read_codon_table(house.latest)["amino_acid"][CODONS.index("CTG")] == "S"


def test_another_code_recounts_nothing(house, given):
    source = str(house.data / "in.fasta")
    house.proven("first", source=source)
    house.proven("second", source=source, code_table=given("mine.csv", OWN_CODE))
    batches = tables.read_document(house.latest / tables.PROVENANCE)["batches"]
    assert all(batch["reused"] for batch in batches)


def test_a_run_without_such_files_records_none_and_has_ncbis_code(house, given):
    house.proven("r", source=str(house.data / "in.fasta"), genetic_code=4)
    inputs = Run.of("r").inputs()
    assert (inputs.code_table, inputs.reference, inputs.trna, inputs.samples) == ("", None, (), ())
    assert run_code(inputs) is genetic_code(4)
    assert "code_table" not in json.loads((house.latest / tables.PROVENANCE).read_text())


def test_an_earlier_run_is_a_reference(house, given):
    source = str(house.data / "in.fasta")
    house.proven("first", source=source)
    house.discover("second", source=source, reference="first")
    counts = tuple(tables.read_codon_table(house.results / "first")["count"])
    assert Run.of("second").inputs().reference == Reference("the run first", counts)


@pytest.mark.parametrize(
    ("run", "called"), [("r", '"Genetic code" and "Own genetic code"'), ("", "--genetic-code and --code-table")]
)
def test_two_genetic_codes_are_refused_in_the_words_of_the_user(house, given, run, called):
    with pytest.raises(UsageError, match=f"{called} exclude each other"):
        house.discover(
            run or new_run("analyze"), source=str(house.data), genetic_code=4, code_table=given("m.csv", OWN_CODE)
        )


@pytest.mark.parametrize("name", ["code_table", "reference", "trna"])
def test_a_wrong_file_stops_the_first_task_with_its_line(house, given, name):
    path = given(
        "wrong",
        {"reference": TABLE.replace("AAC,1", "AAN,1"), "trna": "x y z\n", "code_table": OWN_CODE + "x,y\n"}[name],
    )
    with pytest.raises(InputError) as caught:
        house.discover("r", source=str(house.data / "in.fasta"), **{name: path})
    assert (str(caught.value.where["file"]), caught.value.where["line"] > 0) == (path, True)
    assert not Run.of("r").inputs_file.exists()


def test_the_wanted_mode_decides_what_a_samplesheet_may_name(house, given):
    given("a.gff", "##gff-version 3\n")
    sheet = given("sheet.csv", "sample,fasta,gff\none,in.fasta,a.gff\n")
    with pytest.raises(InputError, match="gff is annotation, and mode sequences counts whole records"):
        house.discover("r", source=sheet, mode="sequences")


def test_a_group_as_reference_needs_groups(house, given):
    source = str(house.data / "in.fasta")
    with pytest.raises(
        UsageError, match=r'"Reference" is the group x, and the run has no groups\. Give "Group by" too'
    ):
        house.discover("r", source=source, reference="group:x")
    house.discover("r", source=source, reference="group:x", group_by="file")
    assert Run.of("r").inputs().reference == Reference("the group x", group="x")
