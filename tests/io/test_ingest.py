"""Bad input is told in a sentence that says where, and leaves nothing behind; ingest is done once."""

import errno
import gzip
import io
import os
import random
import re
import shutil
import stat
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import InputError, StorageError
from opengenome.io import diagnosis, entries, fasta_text, ingest, sources
from opengenome.io.formats import parquet
from opengenome.io.store import Store

TEXT = b"".join(b">r%d\n" % k + bytes(random.Random(k).choices(b"ACGTN", k=90 + k)) + b"\n" for k in range(30))  # noqa: S311
BASES = sum(90 + k for k in range(30))

with io.BytesIO() as _made:
    with tarfile.open(fileobj=_made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("in.fa"))
    TAR = _made.getvalue()

BAD = {
    "no header": (b"ACGT\nACGT\n", "text before the first header", "line 1"),
    "text before the header": (b"\nnote\n>a\nACG\n", "text before the first header", "line 2"),
    "a comment before the header": (b"\n; note\n>a\nACG\n", "FASTA with comment lines", ""),
    "NUL in the middle": (b">a\nAC\0GT\n", "binary", ""),
    "binary": (bytes(range(256)), "binary", ""),
    "UTF-16": (">a\nACG\n".encode("utf-16"), "UTF-16", ""),
    "protein": (b">p\nMKV\n>q\nMEEPQ\n", "'E' is not an IUPAC", "line 4, record 2 (q)"),
    "a stop in a protein": (b">p one\nMKV*\n", "'*' is not an IUPAC", "line 2, record 1 (p)"),
    "gaps": (b">a\r\nACG\r\nA--T\r\n", "'-' is not an IUPAC", "line 3, record 1 (a)"),
    "CR only": (b">a\rACG\r>b\rA.\r", "'.' is not an IUPAC", "line 4, record 2 (b)"),
    "'>' inside a line": (b">a\nACG>b\nACG\n", "a line break is missing before '>'", "line 2, record 1 (a)"),
    "a digit": (b">a\nACG\n\n1 ACG\n", "'1' is not an IUPAC", "line 4, record 1 (a)"),
    "a record without a name": (b">\nAC!\n", "'!' is not an IUPAC", "line 2, record 1)"),
    "an accent": (">a\nACé\n".encode(), "U+00E9 (latin small letter e with acute) is not", "line 2, record 1 (a)"),
    "NUL far behind": (b">a\n" + b"ACGT\n" * 20_000 + b"\0", "Byte 0x00 is not text", "line 20002, record 1 (a)"),
    "zip": (b"PK\x03\x04", "zip archive", ""),
    "tar": (TAR, "tar archive", ""),
}


def sentence(error):
    """The story is told in one line, names the file, and needs no Python to be read."""
    told = str(error)
    assert "\n" not in told
    assert "file " in told
    assert "Traceback" not in told
    assert not re.search(r"[A-Z]\w+Error", told)
    assert told[0].isupper() or told[0] in "'"
    assert error.retryable is False
    return told


@pytest.mark.parametrize("way", BAD)
def test_bad_text_is_told_with_its_place_and_leaves_nothing(pipeline, way):
    data, what, where = BAD[way]
    with pytest.raises(InputError) as caught:
        pipeline.ingest(pipeline.write(data))
    told = sentence(caught.value)
    assert what in told
    assert f"{pipeline.folder / 'in.fa'}" in told
    assert where in told
    assert pipeline.left() == []


@pytest.mark.parametrize("way", BAD)
def test_bad_text_in_gzip_is_told_with_the_same_line_and_record(pipeline, way):
    data, what, where = BAD[way]
    with pytest.raises(InputError) as caught:
        pipeline.ingest(pipeline.write(gzip.compress(data)))
    told = sentence(caught.value)
    assert what in told
    assert where in told
    assert pipeline.left() == []


@pytest.mark.parametrize("size", [24, 64, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_line_and_record_of_a_wrong_letter_are_exact_far_into_a_file(pipeline, monkeypatch, size, end):
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (size, None))
    monkeypatch.setattr(diagnosis, "_BLOCK_BYTES", size)
    lines = TEXT.split(b"\n")
    for line in (1, 13, 31, 59):
        broken = [*lines[:line], lines[line][:40] + b"#" + lines[line][40:], *lines[line + 1 :]]
        with pytest.raises(InputError, match=rf"line {line + 1}, record {line // 2 + 1} \(r{line // 2}\)"):
            pipeline.ingest(pipeline.write(end.join(broken)))


# --- damaged gzip ---


def test_a_gzip_cut_anywhere_is_truncated(pipeline):
    packed = gzip.compress(TEXT)
    for cut in range(2, len(packed), 7):
        with pytest.raises(InputError, match=r"The gzip file is truncated, at about byte [\d,]+ of [\d,]+ \(file"):
            pipeline.ingest(pipeline.write(packed[:cut]))
    assert pipeline.left() == []


def test_a_gzip_of_many_members_cut_anywhere_but_between_two_is_an_error(pipeline):
    members = [gzip.compress(TEXT[k : k + 500]) for k in range(0, len(TEXT), 500)]
    borders = set(np.cumsum([len(member) for member in members]).tolist())
    packed = b"".join(members)
    for cut in range(2, len(packed), 41):
        if cut not in borders:
            with pytest.raises(InputError, match="truncated"):
                pipeline.ingest(pipeline.write(packed[:cut]))
    assert pipeline.left() == []


@pytest.mark.parametrize("bit", [0, 2, 7])
def test_a_flipped_bit_in_a_gzip_is_told_or_changes_nothing(pipeline, bit):
    packed = gzip.compress(TEXT)
    exact = told = 0
    for place in [*range(10), *range(10, len(packed), 7)]:
        damaged = bytearray(packed)
        damaged[place] ^= 1 << bit
        before = set(pipeline.left())
        try:
            manifest = pipeline.ingest(pipeline.write(bytes(damaged)))
        except InputError as error:
            sentence(error)
            told += 1
            assert set(pipeline.left()) == before
        else:
            assert place < 10  # nothing but the gzip header may differ: its time, its flags, its system
            assert (manifest.sequences, manifest.bases) == ((30,), (BASES,))
            exact += 1
    assert told > 5 * exact


GZIPS = {
    "with text behind it": (
        gzip.compress(TEXT) + b"some text",
        r"bytes after the end of the gzip data, from byte [\d,]+",
    ),
    "with half a header behind it": (gzip.compress(TEXT) + b"\x1f\x8b", "truncated"),
    "of a gzip": (gzip.compress(gzip.compress(TEXT)), "gzip in gzip"),
}


@pytest.mark.parametrize("way", GZIPS)
def test_a_gzip_that_holds_no_fasta_is_told(pipeline, way):
    data, what = GZIPS[way]
    with pytest.raises(InputError, match=what) as caught:
        pipeline.ingest(pipeline.write(data))
    sentence(caught.value)
    assert pipeline.left() == []


# --- no sequences, marks, masks ---


@pytest.mark.parametrize(
    "data", [b"", b"\n\n \r\n", b"\xef\xbb\xbf\n", gzip.compress(b"", mtime=0), gzip.compress(b"\n" * 200_000)]
)
def test_a_file_without_a_sequence_is_zero_sequences(pipeline, data):
    path = pipeline.write(data)
    assert pipeline.ingest(path).files == ()
    assert (pipeline.manifest.sequences, pipeline.manifest.bases) == ((0,), (0,))
    assert pipeline.count(path) == []
    assert pipeline.proof == pipeline.known


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("blank", [b"", b"\n\r\n", b" \t\n"])
def test_a_byte_order_mark_is_no_letter_and_the_first_record_starts_after_it(pipeline, pack, blank):
    expected = pipeline.count(pipeline.write(TEXT))
    path = pipeline.write(pack(b"\xef\xbb\xbf" + blank + TEXT))
    assert pipeline.count(path) == expected
    if pack is bytes:
        first = pipeline.batches(path)[0].chunks[0]
        assert path.read_bytes()[first.start : first.start + 3] == b">r0"
    with pytest.raises(InputError, match=r"'#' is not .*line 2, record 1 \(r0\)"):
        pipeline.ingest(pipeline.write(pack(b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\nA#", 1))))


def test_a_byte_order_mark_does_not_hide_a_header_that_is_too_long(pipeline):
    with pytest.raises(InputError, match="A header line is longer"):
        pipeline.ingest(pipeline.write(b"\xef\xbb\xbf>" + b"A" * (1 << 20) + b"\nACG\n"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_masked_base_is_ambiguous(pipeline, pack):
    ((_, counts, ambiguous, skipped, trailing),) = pipeline.count(pipeline.write(pack(b">a\nATGxxxACXGX\n")))
    assert (sum(counts), ambiguous, skipped, trailing) == (1, 2, 0, 2)


# --- disk and files ---


def test_a_disk_without_room_for_the_shards_is_told_before_anything_is_written(pipeline, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 10))
    with pytest.raises(StorageError, match=r"Shards of in\.fa need about .* GB .* are free\. Free some space"):
        pipeline.ingest(pipeline.write(gzip.compress(TEXT)))
    assert pipeline.left() == []
    assert pipeline.ingest(pipeline.write(TEXT)).sequences == (30,)  # read in place: no shards


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_half_way_is_a_storage_error_and_leaves_nothing(pipeline, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(ingest, "sha256_of", refuse)
    with pytest.raises(StorageError, match="Cannot write below"):
        pipeline.ingest(pipeline.write(gzip.compress(TEXT)))
    assert pipeline.left() == []


def test_a_disk_that_is_really_full_is_a_storage_error_and_leaves_nothing(pipeline, small_disk, monkeypatch):
    letters = bytes(random.Random(1).choices(b"ACGT", k=3_000_000))  # noqa: S311
    path = pipeline.write(gzip.compress(b">a\n" + letters + b"\n", 1))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 0, 1 << 40))
    with pytest.raises(StorageError, match="no space is left"):
        ingest.ingest((sources.fingerprint(path),), Store(small_disk), print)
    assert [path for path in small_disk.rglob("*") if path.name != "ingest"] == []


def test_a_file_that_may_not_be_read_is_told(pipeline, monkeypatch):
    path = pipeline.write(TEXT)
    if os.geteuid() == 0:  # root may read anything: refuse by hand
        monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "denied")))
    else:
        path.chmod(0)
    with pytest.raises(InputError, match=r"may not be read: permission denied \(file"):
        sources.fingerprint(path)


def test_what_is_no_regular_file_is_told_without_waiting(pipeline):
    fifo = pipeline.folder / "pipe.fa"
    os.mkfifo(fifo)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    for path in (fifo, pipeline.folder):
        with pytest.raises(InputError, match="Not a regular file"):
            sources.fingerprint(path)
    with pytest.raises(InputError, match="The file is gone"):
        sources.fingerprint(pipeline.folder / "gone.fa")


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT)])
def test_a_file_that_is_gone_or_another_when_ingest_begins_is_told(pipeline, data):
    path = pipeline.write(data)
    found = sources.fingerprint(path)
    path.write_bytes(data)
    for what in ("changed after it was discovered", "is gone"):
        with pytest.raises(InputError, match=rf"{what} \(file .*in\.fa\)\. Start a new run"):
            ingest.ingest((found,), pipeline.store, print)
        path.unlink(missing_ok=True)
    assert pipeline.left() == []


def test_a_file_that_changes_while_it_is_read_is_told(pipeline, monkeypatch):
    answers = [False, True]
    monkeypatch.setattr(sources, "unchanged", lambda _: answers.pop())
    with pytest.raises(InputError, match="changed while it was read"):
        pipeline.ingest(pipeline.write(TEXT))
    assert pipeline.left() == []


# --- once ---


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_ingested_once_and_again_when_it_or_the_engine_changed(pipeline, pack, monkeypatch):
    path = pipeline.write(pack(TEXT))
    first = pipeline.ingest(path)
    assert pipeline.proof == ingest.READ
    left = {(found, found.stat().st_mtime_ns) for found in pipeline.left()}
    assert (pipeline.ingest(path), pipeline.proof) == (first, pipeline.known)
    assert {(found, found.stat().st_mtime_ns) for found in pipeline.left()} == left
    monkeypatch.setattr(entries, "ENGINE_VERSION", "99")
    assert pipeline.ingest(path)
    assert pipeline.proof == ingest.READ
    monkeypatch.undo()
    pipeline.ingest(pipeline.write(pack(TEXT)))
    assert pipeline.proof == ingest.READ
    assert not [found for found in pipeline.left() if found.name.startswith(".")]


def test_a_shard_that_is_gone_is_written_again(pipeline):
    path = pipeline.write(gzip.compress(TEXT))
    (part,) = pipeline.ingest(path).files
    Path(part.path).unlink()
    assert pipeline.ingest(path).files == (part,)
    assert pipeline.proof == ingest.READ
    assert Path(part.path).exists()
    assert len(pipeline.count(path)) == 30


@pytest.mark.parametrize("records", [1, 2, 7, 30, 1000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_runs_of_records_join_to_the_same_plan(pipeline, monkeypatch, records, pack):
    path = pipeline.write(pack(TEXT))
    whole = pipeline.batches(path, batch_size=4)
    monkeypatch.setattr("opengenome.io.records._SPAN_RECORDS", records)
    assert pipeline.batches(path, batch_size=4) == whole
    assert len(whole) == 8


def test_plain_gzip_and_parquet_count_the_same(pipeline):
    letters = [line.split(b"\n") for line in TEXT.decode().encode().split(b">")[1:]]
    table = pa.table({"seq_id": [r[0].decode() for r in letters], "sequence": [r[1].decode() for r in letters]})
    parquet = pipeline.folder / "in.parquet"
    pq.write_table(table, parquet)
    expected = pipeline.naive(table.select(["seq_id", "sequence"]).to_pandas().itertuples(index=False), 1)
    for path in (pipeline.write(TEXT, "a.fa"), pipeline.write(gzip.compress(TEXT), "a.gz"), parquet):
        for size in (1, 7, 500):
            assert pipeline.count(path, 1, batch_size=size) == expected


def test_a_parquet_file_that_is_another_one_while_it_is_copied_is_told(pipeline, monkeypatch):
    """Also where its stat does not tell: its bytes are hashed before and after."""
    monkeypatch.setattr("opengenome.io.parquet.rows._LARGEST_ROW_GROUP", -1)
    path = pipeline.folder / "in.parquet"
    pq.write_table(pa.table({"seq_id": ["a"], "sequence": ["ACGT"]}), path)
    other = path.read_bytes().replace(b"ACGT", b"TTTT")
    truly = parquet.read_input

    def meanwhile(name):
        path.write_bytes(other)
        yield from truly(name)

    monkeypatch.setattr(parquet, "read_input", meanwhile)
    monkeypatch.setattr(sources, "unchanged", lambda _: True)
    with pytest.raises(InputError, match="The file changed while it was read"):
        pipeline.ingest(path)
    assert pipeline.left() == []
