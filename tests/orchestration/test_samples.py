"""Samples, codes and references of annotated input, from discover to the published tables."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.table import MEASURES
from opengenome.errors import InputError
from opengenome.io import tables

OWN_CODE = "".join(
    f"{codon},{'S' if codon == 'CTG' else letter}\n"
    for codon, letter in zip(CODONS, genetic_code(1).amino_acids, strict=True)
)
CDS = {"one": "ATG" + "CTGGCTGCA" * 30 + "TAA", "two": "ATG" + "TTAGCCAAA" * 20 + "CTG" + "TGA"}
GFF = "##gff-version 3\n" + "".join(
    f"{name}\tx\tCDS\t1\t{len(letters)}\t.\t+\t0\tID=c{name};gene=g{name}\n" for name, letters in CDS.items()
)
GENBANK = "".join(
    f"LOCUS       {name} {len(letters)} bp DNA linear BCT 01-JAN-2020\nDEFINITION  d.\nACCESSION   {name}\n"
    f"VERSION     {name}.1\nFEATURES             Location/Qualifiers\n     source          1..{len(letters)}\n"
    f'                     /organism="Org {name}"\n     CDS             1..{len(letters)}\n'
    f'                     /gene="g{name}"\nORIGIN\n'
    + "".join(
        f"{at + 1:>9} {' '.join(letters[at : at + 60].lower()[k : k + 10] for k in range(0, 60, 10)).rstrip()}\n"
        for at in range(0, len(letters), 60)
    )
    + "//\n"
    for name, letters in CDS.items()
)


@pytest.fixture
def put(house):
    house.data.mkdir(parents=True, exist_ok=True)

    def write(name: str, text: str) -> str:
        (house.data / name).write_text(text)
        return str(house.data / name)

    write("a.fna", "".join(f">{name}\n{letters}\n" for name, letters in CDS.items()))
    write("a.gff", GFF)
    write("b.gb", GENBANK)
    write("c.fna", f">three\n{CDS['one']}\n")
    return write


def rows(house):
    return pq.read_table(house.latest / "per_sequence").to_pylist()


def test_a_samplesheet_of_all_kinds_gives_groups_and_codes(house, put):
    sheet = put(
        "sheet.csv",
        "sample,fasta,gff,genbank,genetic_code,group\ns1,a.fna,a.gff,,4,x\ns2,,,b.gb,,y\ns3,c.fna,,,11,x\n",
    )
    house.proven("r", source=sheet, mode="cds", group_by="group")
    found = [(row["sample"], row["gene"], row["genetic_code"], row["code_source"], row["group"]) for row in rows(house)]
    assert found == [
        ("s1", "gone", 4, "samplesheet", "x"),
        ("s1", "gtwo", 4, "samplesheet", "x"),
        ("s2", "gone", 1, "parameter", "y"),
        ("s2", "gtwo", 1, "parameter", "y"),
        ("s3", "", 11, "samplesheet", "x"),
    ]
    with (house.latest / "codon_usage_by_group.csv").open() as file:
        pairs = list(dict.fromkeys((row["group"], row["genetic_code"]) for row in csv.DictReader(file)))
    assert pairs == [("x", "4"), ("x", "11"), ("y", "1")]


@pytest.mark.parametrize("group_by", ["", "organism", "group", "sea depth"])
def test_every_column_of_the_samplesheet_stands_beside_each_sequence_of_its_sample(house, put, group_by):
    header = "sample,genbank,fasta,group,sea depth,empty,unit,reason\n"
    sheet = put("sheet.csv", header + "s1,b.gb,,x,=2 m,,u,r\ns2,,c.fna,y,,,,\n")
    house.proven("r", source=sheet, mode="cds", group_by=group_by)
    found = [tuple(row[name] for name in ("sample", "sea depth", "empty", "unit", "reason")) for row in rows(house)]
    assert found == [("s1", "=2 m", "", "u", "r")] * 2 + [("s2", "", "", "", "")]
    groups = [row["group"] for row in rows(house)]
    assert groups == {"organism": ["Org one", "Org two", ""], "sea depth": ["=2 m", "=2 m", ""]}.get(
        group_by, ["x", "x", "y"]
    )
    part = pq.ParquetFile(house.latest / "per_sequence" / "part-00000.parquet").metadata.row_group(0)
    encodings = {column.path_in_schema: column.encodings for column in map(part.column, range(part.num_columns))}
    assert "RLE_DICTIONARY" in encodings["sea depth"]


def test_records_of_a_sheet_have_its_columns_too_and_may_be_called_as_a_column_of_cds(house, put):
    sheet = put("sheet.csv", "sample,fasta,organism\ns1,c.fna,mine\n")
    house.proven("r", source=sheet, group_by="organism")
    assert [(row["organism"], row["group"]) for row in rows(house)] == [("mine", "mine")]


def test_a_sheet_of_records_gives_each_file_its_code(house, put):
    sheet = put("sheet.csv", "sample,fasta,genetic_code\ns1,a.fna,4\ns2,c.fna,\n")
    house.proven("r", source=sheet, genetic_code=11, group_by="sample")
    assert [(row["sample"], row["genetic_code"]) for row in rows(house)] == [("s1", 4), ("s1", 4), ("s2", 11)]
    (said,) = tables.read_document(house.latest / tables.VALIDATION)["warnings"][:1]
    assert said.startswith("The codon table has the amino acids of genetic code 11. 1 of 2 input files has a code")
    assert "All files by code: 1 with code 4, 1 with code 11." in said
    code = tables.read_document(house.latest / tables.SUMMARY)["genetic_code"]
    assert (code["id"], code["with_other_amino_acids"]) == (11, 1)


def test_a_code_of_ones_own_is_that_of_cds_groups_and_measures(house, put):
    house.proven(
        "r", source=put("sheet.csv", "sample,genbank\ns,b.gb\n"), code_table=put("m.csv", OWN_CODE), group_by="organism"
    )
    assert {row["genetic_code"] for row in rows(house)} == {0}
    table = tables.read_codon_table(house.latest)
    assert table["amino_acid"][CODONS.index("CTG")] == "S"
    groups = pq.read_table(house.latest / "codon_usage_by_group.parquet").to_pylist()
    assert {row["amino_acid"] for row in groups if row["codon"] == "CTG"} == {"S"}
    assert tables.read_document(house.latest / tables.SUMMARY)["cds"]["codes"] == {"0": 2}


@pytest.mark.parametrize("how", ["table", "group", "genes", "run"])
def test_every_kind_of_reference_gives_cai(house, put, how):
    put("sheet.csv", "sample,genbank,group\ns,b.gb,x\n")
    source = str(house.data / "sheet.csv")
    house.proven("first", source=source)
    first = np.array([[row[codon] for codon in CODONS] for row in rows(house)])
    one = "codon,count\n" + "".join(f"{codon},{count}\n" for codon, count in zip(CODONS, first[0], strict=True))
    text, counts = {
        "table": (put("ref.csv", one), first[0]),
        "group": ("group:Org two", first[1]),
        "genes": (put("genes.txt", "gone\nabsent\n"), first[0]),
        "run": ("first", first.sum(axis=0)),
    }[how]
    house.proven("second", source=source, reference=text, group_by="organism", trna=put("trna.csv", "CAG,3\nAGC,1\n"))
    expected = MEASURES["cai"](first, code=genetic_code(1), reference=counts)
    assert [row["cai"] for row in rows(house)] == expected.tolist()
    assert all(row["tai"] for row in rows(house))
    assert tables.read_document(house.latest / tables.PROVENANCE)["trna"]["CTG"] == 3


def test_genes_of_the_reference_that_no_sequence_has_are_named(house, put):
    put("genes.txt", "gone\n" + "".join(f"absent{number}\n" for number in range(7)))
    house.proven("r", source=str(house.data / "b.gb"), reference=str(house.data / "genes.txt"))
    said = tables.read_document(house.latest / tables.VALIDATION)["warnings"]
    names = "absent0, absent1, absent2, absent3, absent4, …"
    assert f"No sequence has 7 of the 8 genes of the reference: {names}." in said
    put("genes.txt", "gone\ngtwo\n")
    house.proven("all", source=str(house.data / "b.gb"), reference=str(house.data / "genes.txt"))
    assert "genes of the reference" not in str(tables.read_document(house.latest / tables.VALIDATION)["warnings"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("group:nobody", r"\(the group nobody\).*The groups are 'Org one', 'Org two'\."),
        ("genes.txt", r"genes\.txt\): absent\).*compared with seq_id, gene, locus_tag, protein_id\."),
    ],
)
def test_a_reference_that_names_no_sequence_is_refused(house, put, text, said):
    put("genes.txt", "absent\n")
    reference = text if ":" in text else str(house.data / text)
    with pytest.raises(InputError, match=f"No sequence of the run belongs to the reference .*{said}"):
        house.proven("r", source=str(house.data / "b.gb"), reference=reference, group_by="organism")
