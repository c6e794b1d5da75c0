"""A codon table is read from a proven folder or from one of its files; anything else is refused by name."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core.genetic_code import genetic_code
from opengenome.errors import ContractError, UsageError
from opengenome.io.exports import EXPORTS
from opengenome.io.tables import CSV, PARQUET, SUMMARY, read_codon_table
from opengenome.io.usage_tables import UsageTable, read_file, read_results
from tests.published import write_published


@pytest.fixture
def folder(tmp_path):
    return write_published(tmp_path / "r1")


def test_a_folder_of_results_gives_its_counts_run_code_and_that_it_is_proven(folder):
    table = read_results(folder)
    assert list(table.counts) == read_codon_table(folder)["count"]
    assert table.amino_acids == table.code.amino_acids == genetic_code(1).amino_acids
    assert (table.title, table.run, table.sequences, table.genetic_code, table.proven) == ("r1", "r1", 1, 1, True)


@pytest.mark.parametrize("name", [CSV, PARQUET])
def test_a_file_alone_gives_the_same_counts_and_is_not_proven(folder, name):
    table, whole = read_file(folder / name), read_results(folder)
    assert (table.counts, table.amino_acids) == (whole.counts, whole.amino_acids)
    assert (table.title, table.run, table.sequences, table.genetic_code, table.proven) == (
        name,
        None,
        None,
        None,
        False,
    )


def test_rows_in_another_order_a_byte_order_mark_and_further_columns_are_read_the_same(folder):
    head, *rows = (folder / CSV).read_text().splitlines()
    other = folder.parent / "other.csv"
    lines = [f"{head},x", *(f"{row},1" for row in reversed(rows))]
    other.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert read_file(other).counts == read_file(folder / CSV).counts


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_table_that_a_spreadsheet_or_r_saved_keeps_its_amino_acids(folder, separator, quote):
    rows = [line.split(",") for line in (folder / CSV).read_text().splitlines()]
    other = folder.parent / "other.csv"
    other.write_text("".join(separator.join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows))
    table, whole = read_file(other), read_file(folder / CSV)
    assert (table.counts, table.amino_acids) == (whole.counts, whole.amino_acids)


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_the_line_ends_of_other_systems_are_read(folder, end):
    other = folder.parent / "other.csv"
    other.write_text((folder / CSV).read_text().replace("\n", end), newline="")
    assert read_file(other).counts == read_file(folder / CSV).counts


def test_codons_in_rna_and_small_letters_are_the_same_codons(folder):
    head, *rows = (folder / CSV).read_text().splitlines()
    other = folder.parent / "other.csv"
    other.write_text("\n".join([head, *(row[:3].lower().replace("t", "u") + row[3:] for row in rows)]))
    assert read_file(other).counts == read_file(folder / CSV).counts


def test_a_folder_that_is_not_what_was_proven_is_refused(folder):
    (folder / SUMMARY).write_text("{}")
    with pytest.raises(ContractError, match=r"summary\.json is not the file that was proven"):
        read_results(folder)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no results"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("codon,", "triplet,", "it has no column codon"),
        ("AAA,K,", "AAC,K,", "it has 64 rows, not each of the 64 codons once"),
        ("TTT,F,", "TTT,F,1,1,1,1\nTTT,F,", "it has 65 rows"),
        ("AAA,K,", "AAA,Lys,", "the amino acid of AAA is 'Lys', not one letter"),
        ("AAA,K,", "AAA,,", "the amino acid of AAA is '', not one letter"),
        ("AAA,K,", "AAA,K,-", "the count of AAA is '-"),
        ("AAA,K,", "AAA,K,0.", "the count of AAA is '0."),
        ("AAA,K,", "AAA,K,9999999999999999", "the count of AAA is '9999999999999999"),
        ("AAA,K,", "AAA,K,\u0661", "the count of AAA is '\u0661"),
        ("codon,", "\x00", "it has no column"),
    ],
)
def test_a_csv_that_is_no_codon_table_is_refused_with_the_reason(folder, old, new, why):
    file = folder / "mine.csv"
    file.write_text((folder / CSV).read_text().replace(old, new, 1))
    with pytest.raises(UsageError) as refused:
        read_file(file)
    assert f"{file} is not a codon table: {why}" in str(refused.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it has no column"),
        (b"codon,amino_acid,count\n", "it has 0 rows"),
        (b"\xff\xfe", "it is neither CSV nor Parquet"),
        (b">seq\nACGT\n", "it has no column"),
        (b"x" * 200_000, "it is neither CSV nor Parquet"),
        (b"x" * 1_100_000, "it is larger than one"),
        (b"PAR1 and then nothing", "it is damaged"),
    ],
    ids=["empty", "no rows", "no text", "FASTA", "a long line", "large", "Parquet"],
)
def test_a_file_of_another_kind_is_refused_with_the_reason(tmp_path, data, why):
    (tmp_path / "mine").write_bytes(data)
    with pytest.raises(UsageError, match=f"is not a codon table: {why}"):
        read_file(tmp_path / "mine")


def test_parquet_with_counts_that_are_no_whole_numbers_or_without_a_column_is_refused(folder):
    table = pq.read_table(folder / PARQUET)
    wrong = {
        "the count of AAA is None": table.set_column(2, "count", pa.array([None] * 64, pa.int64())),
        "the count of AAA is 1.5": table.set_column(2, "count", pa.array([1.5] * 64)),
        "it has no column count": table.drop_columns(["count"]),
    }
    for why, columns in wrong.items():
        pq.write_table(columns, folder / "mine.parquet")
        with pytest.raises(UsageError, match=why):
            read_file(folder / "mine.parquet")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nothing\.csv cannot be read: No such file"):
        read_file(tmp_path / "nothing.csv")


@pytest.mark.parametrize("form", ["cut", "gcg", "kazusa"])
def test_a_table_of_another_program_is_read_and_does_not_say_its_code(tmp_path, form):
    counts = tuple(range(1, 65))
    path = tmp_path / f"x.{form}"
    path.write_text(EXPORTS[form](UsageTable(counts, genetic_code(11).amino_acids, title="x")))
    table = read_file(path)
    assert (table.counts, table.amino_acids, table.title) == (counts, "", path.name)


def test_a_path_with_a_line_end_is_told_on_one_line(tmp_path):
    path = tmp_path / "a\nb.csv"
    path.write_text("no table")
    for wrong in (path, tmp_path / "c\nd.csv"):
        with pytest.raises(UsageError) as caught:
            read_file(wrong)
        assert "\n" not in str(caught.value)
