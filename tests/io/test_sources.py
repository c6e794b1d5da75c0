"""A file's fingerprint is its format and its stat; errors of the operating system are reported in one sentence."""

import gzip
import os

import pytest

from opengenome.errors import EngineError, InputError
from opengenome.io import entries, fasta_text
from opengenome.io.entries import entry_key
from opengenome.io.opening import open_input, reading
from opengenome.io.sources import fingerprint, unchanged

FASTA = b">a\nACG\n"


@pytest.mark.parametrize(
    ("data", "kind", "packed"),
    [
        (FASTA, "fasta", ""),
        (b"\n\n" + FASTA, "fasta", ""),
        (b"\xef\xbb\xbf" + FASTA, "fasta", ""),
        (gzip.compress(FASTA, mtime=0), "fasta", "gzip"),
        (b"PAR1xxxx", "parquet", ""),
    ],
)
def test_a_file_is_recognised_by_its_first_bytes_whatever_its_name(tmp_path, data, kind, packed):
    path = tmp_path / "x.parquet.gz.fa"
    path.write_bytes(data)
    found = fingerprint(path)
    assert (found.path, found.format, found.compression) == (str(path), kind, packed)
    assert found.size == len(data)


def test_a_fingerprint_sees_every_write_even_with_the_old_times(tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(FASTA)
    found = fingerprint(path)
    assert unchanged(found)
    status = path.stat()
    path.write_bytes(b">a\nACC\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not unchanged(found)
    assert entry_key((fingerprint(path),)) != entry_key((found,))
    path.unlink()
    with pytest.raises(InputError, match=r"The file is gone \(file .*x\.fa\)"):
        unchanged(found)


def test_the_key_of_an_entry_is_a_name_that_changes_with_engine_and_code(tmp_path, monkeypatch):
    path = tmp_path / "x.fa"
    path.write_bytes(FASTA)
    found = fingerprint(path)
    assert entry_key((found,)) == entry_key((fingerprint(path),)) != entry_key((found, found))
    before = entry_key((found,))
    monkeypatch.setattr(entries, "ENGINE_VERSION", "99")
    assert entry_key((found,)) != before
    monkeypatch.undo()
    monkeypatch.setattr("opengenome.io.package.counting_digest", lambda: "0")
    assert entry_key((found,)) != before
    monkeypatch.undo()
    assert len(entry_key((found,))) == 64
    assert entry_key((found,)).isalnum()


# --- errors of the operating system ---


def test_a_failing_disk_is_not_an_input_error_and_is_retried(tmp_path):
    said = r"The file cannot be read: Input/output error \(file x\.fa\)"
    with open_input("/proc/self/mem") as file:  # address 0 of this process: a real EIO
        with pytest.raises(EngineError, match=said) as caught, reading("x.fa"):
            file.read(1)
        assert caught.value.retryable
        with pytest.raises(EngineError, match="Input/output error"):
            list(fasta_text.read_blocks(file))


@pytest.mark.parametrize("place", ["gone.fa", "in.fa/deeper.fa", ""])
def test_a_file_that_is_gone_is_bad_input(tmp_path, place):
    (tmp_path / "in.fa").write_bytes(FASTA)
    with pytest.raises(InputError, match="The file is gone"):
        open_input(str(tmp_path / place))
