"""A reference is a table, a list of genes, a group or an earlier run, whatever its file is called; or it is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import OWN, genetic_code
from opengenome.errors import InputError, UsageError, quoted
from opengenome.io import code_tables, references, tables
from opengenome.io.schemas import Reference
from tests.published import write_published

TABLE = "codon,count\n" + "".join(f"{codon},{position}\n" for position, codon in enumerate(CODONS))
COUNTS = tuple(range(64))


@pytest.fixture
def put(tmp_path):
    """Writes a file into the allowed folder."""
    (tmp_path / "in").mkdir()

    def write(name: str, data: str | bytes) -> Path:
        path = tmp_path / "in" / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


@pytest.fixture
def read(tmp_path):
    return lambda text: references.read(str(text), [tmp_path / "in"], tmp_path / "results")


@pytest.fixture
def read_trna(tmp_path):
    return lambda text: references.read_trna(str(text), [tmp_path / "in"])


def test_a_table_gives_its_counts(put, read):
    assert read(put("any.name", TABLE)) == Reference("any.name", COUNTS)


@pytest.mark.parametrize("order", [1, -1])
def test_our_parquet_table_gives_its_counts_whatever_the_order_of_its_rows(put, read, order):
    path = put("t.parquet", "")
    pq.write_table(pa.table({"codon": CODONS[::order], "more": COUNTS, "count": COUNTS[::order]}), path)
    assert read(path).counts == COUNTS


def test_a_group_is_named(read):
    assert read("group:highly expressed") == Reference("the group highly expressed", group="highly expressed")


@pytest.mark.parametrize("how", ["name", "folder", "link"])
def test_an_earlier_run_gives_its_proven_counts(tmp_path, read, how):
    folder = write_published(tmp_path / "results" / "r1")
    (tmp_path / "results" / "latest").symlink_to("r1")
    found = read({"name": "r1", "folder": folder, "link": "latest"}[how])
    assert found == Reference("the run r1", tuple(tables.read_codon_table(folder)["count"]))


def test_a_run_whose_files_were_changed_is_refused(tmp_path, read):
    folder = write_published(tmp_path / "results" / "r1")
    (folder / "summary.json").write_text("{}")
    with pytest.raises(InputError, match=r"not the proven results of a run: summary.json is not the file"):
        read("r1")


def test_a_folder_without_a_proof_is_refused(tmp_path, read, put):
    with pytest.raises(InputError, match="not the proven results of a run"):
        read(tmp_path / "in")


@pytest.mark.parametrize("text", ["b\na\n\n# comment\nb\n", "a\r\nb\r\n", '"a"\n"b"\n', "\ufeffa\nb\n"])
def test_a_list_of_genes_names_them_once(put, read, text):
    assert read(put("genes.txt", text)) == Reference("the 2 genes of a list (genes.txt)", genes=("a", "b"))


@pytest.mark.parametrize("separator", ["\t", ",", " ", " , "])
@pytest.mark.parametrize("header", ["", "gene{}tpm\n"])
def test_of_expressions_the_top_tenth_is_taken(put, read, separator, header):
    rows = "".join(f"g{number:02}{separator}{number * 1.5}\n" for number in range(21))
    found = read(put("genes.tsv", header.format(separator) + rows))
    assert found == Reference("the 3 of 21 genes with the highest expression (genes.tsv)", genes=("g18", "g19", "g20"))


def test_genes_that_are_equal_to_the_last_of_the_top_are_taken_too(put, read):
    rows = [f"g{number} {max(number, 5)}" for number in range(8)]
    assert read(put("genes.tsv", "\n".join(rows))).genes == ("g7",)
    assert read(put("genes.tsv", "\n".join(f"g{number} 1" for number in range(3)))).genes == ("g0", "g1", "g2")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "The list of genes is empty"),
        ("a b c\n", 1, "The list of genes cannot be read: the line does not have two columns"),
        ("a 1\nb\n", 2, "The list of genes cannot be read: the line does not have two columns"),
        ("a 1\nb x\n", 2, "The list of genes cannot be read: the expression of b is 'x', not a number"),
        ("a 1\nb nan\n", 2, "The list of genes cannot be read: the expression of b is 'nan', not a number"),
        ("a 1\na 2\n", 2, "The list of genes cannot be read: a is there twice, with two expressions"),
        ("a nan\nb 2\n", 1, "The list of genes cannot be read: the expression of a is 'nan', not a number"),
        ("a NA\nb 2\n", 1, "The list of genes cannot be read: the expression of a is 'NA', not a number"),
        ("a 1_000\nb 2\n", 1, "The list of genes cannot be read: the expression of a is '1_000', not a number"),
        ("a x\n", 1, "The list of genes cannot be read: no line has an expression that is a number"),
        (TABLE.replace("AAC,1\n", "AAN,1\n"), 3, "The codon table cannot be read: 'AAN' is not a codon"),
        (b"a\nb\xff\n", 2, "The reference is not UTF-8 text"),
        (b"a\0b\n", None, "The reference holds zero bytes: it is no text"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line(put, read, text, line, said):
    path = put("x", text)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == said
    assert caught.value.where == {"file": path} | ({"line": line} if line else {})


@pytest.mark.parametrize(
    "columns",
    [
        {"codon": CODONS[:63], "count": COUNTS[:63]},
        {"codon": CODONS, "n": COUNTS},
        {"codon": ("AAA",) * 64, "count": COUNTS},
        {"codon": CODONS, "count": tuple(map(float, COUNTS))},
        {"codon": CODONS, "count": (-1,) * 64},
        {"codon": CODONS, "count": (0,) * 64},
    ],
)
def test_parquet_that_is_no_codon_table_is_refused(put, read, columns):
    path = put("t.parquet", "")
    pq.write_table(pa.table(columns), path)
    with pytest.raises(InputError, match="The reference is no codon table"):
        read(path)


def test_damaged_parquet_is_refused(put, read):
    with pytest.raises(InputError, match="The reference cannot be read"):
        read(put("t.parquet", b"PAR1 nonsense"))


def test_what_is_not_there_is_refused(read, tmp_path, put):
    with pytest.raises(InputError, match="There is no such file"):
        read(tmp_path / "in" / "none.cut")
    with pytest.raises(InputError, match="The path cannot be followed: File name too long"):
        read(tmp_path / "in" / ("a" * 300))
    os.mkfifo(tmp_path / "in" / "pipe")
    with pytest.raises(InputError, match="This is not a regular file"):
        read(tmp_path / "in" / "pipe")
    with pytest.raises(InputError, match="The reference names no group"):
        read("group: ")
    for name in ("r2", ".", ".."):
        with pytest.raises(
            InputError, match=rf"There is no run {name} in the results\. Give the name of a run, the full"
        ):
            read(name)


@pytest.mark.parametrize("kind", ["reference", "trna", "code table"])
def test_outside_the_roots_nobody_learns_what_is_there(tmp_path, put, read, read_trna, kind):
    outside = tmp_path / "secret"
    outside.mkdir()
    (tmp_path / "in" / "link").symlink_to(outside)
    look = {
        "reference": read,
        "trna": read_trna,
        "code table": lambda path: code_tables.read(str(path), [tmp_path / "in"]),
    }
    said = set()
    for path in (outside / "x", tmp_path / "in/link/x"):
        for data in (TABLE, None):
            (outside / "x").write_text(data) if data else (outside / "x").unlink()
            with pytest.raises(UsageError, match="outside the folders that inputs may come from") as caught:
                look[kind](path)
            said.add(str(caught.value))
    assert len(said) == 2  # one for each path, whether or not the file exists


def test_a_code_of_ones_own_is_called_as_its_file(put, tmp_path):
    path = put(
        "mine.txt",
        "".join(f"{codon},{letter}\n" for codon, letter in zip(CODONS, genetic_code(4).amino_acids, strict=True)),
    )
    code = code_tables.read(str(path), [tmp_path / "in"])
    assert (code.id, code.name, code.amino_acids) == (OWN, "mine.txt", genetic_code(4).amino_acids)
    with pytest.raises(InputError, match=rf"it is empty \(file {tmp_path}/in/empty\)"):
        code_tables.read(str(put("empty", "")), [tmp_path / "in"])


def test_trna_copies_belong_to_the_codon_that_the_anticodon_matches(put, read_trna):
    copies = read_trna(put("trna.csv", "anticodon,copies\nGAA,2\nIGC,3\nuuu\t4\n"))
    assert {codon: number for codon, number in zip(CODONS, copies, strict=True) if number} == {
        "TTC": 2,
        "GCT": 3,
        "AAA": 4,
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("GAA,2\nGAN,2\n", 2, "the line is not anticodon,copies"),
        ("GAA,2\nGAC\n", 2, "the line is not anticodon,copies"),
        ("GAA,2\nGAC,x\n", 2, "the copies of GAC are 'x', not a whole number"),
        (f"GAC,{'9' * 5000}\n", 1, f"the copies of GAC are {quoted('9' * 5000)}, not a whole number"),
        ("GAA,2\nGAA,3\n", 2, "GAA is there twice"),
        ("IGC,2\nAGC,3\n", 2, "AGC is there twice"),
        ("GAA,0\n", None, "no anticodon has a copy"),
        ("", None, "no anticodon has a copy"),
    ],
)
def test_a_wrong_list_of_trna_genes_is_refused_with_its_line(put, read_trna, text, line, said):
    with pytest.raises(InputError) as caught:
        read_trna(put("trna.csv", text))
    assert caught.value.message == f"The list of tRNA genes cannot be read: {said}"
    assert caught.value.where.get("line") == line
