"""The synthetic collection: always the same bytes, exactly the promised size, and an answer that the text confirms."""

import hashlib
import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from opengenome import synthetic
from opengenome.core.alphabet import AMBIGUITY_CODES, CODONS
from opengenome.errors import StorageError, UsageError

SCALE = 0.001  # 2.8 Mnt; the largest record is 11,300 nt
GOLDEN = "b270f0c3ece76173d01c378c84228ababf6107a0c67b6998a1b346236d402bb6"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "organelles.fasta"
    lines = []
    return path, synthetic.write_organelle_like(path, scale=SCALE, progress=lines.append), lines


def records_of(path):
    for text in path.read_text().split(">")[1:]:
        header, *lines = text.splitlines()
        yield header, lines


def test_the_bytes_are_the_same_on_every_machine(written):
    path, _, _ = written
    assert hashlib.sha256(path.read_bytes()).hexdigest() == GOLDEN


def test_every_record_says_that_it_is_synthetic(written):
    headers = [header for header, _ in records_of(written[0])]
    assert len(headers) == 32_240
    assert headers[0].startswith("SYNTH_000001 synthetic ")
    assert [header.split()[0] for header in headers] == [f"SYNTH_{number:06d}" for number in range(1, 32_241)]
    assert all(header.endswith("-like, not a real genome") for header in headers)
    assert Counter(header.split()[2] for header in headers) == {
        "plastid-like,": 14_608, "mitochondrion-like,": 17_613, "apicoplast-like,": 17, "kinetoplast-like,": 2,
    }  # fmt: skip


def test_lines_are_full_upper_case_iupac(written):
    allowed = set("ACGT" + AMBIGUITY_CODES)
    for _, lines in records_of(written[0]):
        assert all(len(line) == 80 for line in lines[:-1])
        assert 1 <= len(lines[-1]) <= 80
        assert set("".join(lines)) <= allowed
    assert written[0].read_bytes().endswith(b"\n")


def test_the_ledger_is_what_a_naive_reader_finds(written):
    path, ledger, _ = written
    found, letters, trailing, longest = Counter(), Counter(), 0, 0
    for _, lines in records_of(path):
        sequence = "".join(lines)
        letters.update(sequence)
        found.update(sequence[i : i + 3] for i in range(0, len(sequence) - 2, 3))
        trailing += len(sequence) % 3
        longest = max(longest, len(sequence))
    counts = tuple(found.pop(codon) for codon in CODONS)

    assert ledger.records == 32_240
    assert ledger.bases == letters.total() == round(2_816_827_506 * SCALE)
    assert ledger.largest == longest
    assert ledger.ambiguous_letters == sum(letters[letter] for letter in AMBIGUITY_CODES) > 0
    assert len(set(letters) & set(AMBIGUITY_CODES)) == len(AMBIGUITY_CODES)
    assert ledger.counts == counts
    assert ledger.ambiguous_codons == found.total() > 0
    assert ledger.trailing == trailing
    assert 3 * (sum(counts) + ledger.ambiguous_codons) + trailing == ledger.bases


def test_block_size_changes_neither_bytes_nor_answer(tmp_path, monkeypatch):
    # Long N runs, so that many lie across the borders of blocks.
    monkeypatch.setattr(synthetic, "_ambiguities", lambda _, length: [(length // 3, length - length // 5, ord("N"))])
    one_block, blocks = tmp_path / "one_block.fasta", tmp_path / "blocks.fasta"
    ledger = synthetic.write_organelle_like(one_block, scale=SCALE)
    monkeypatch.setattr(synthetic, "_BLOCK", 240)
    assert synthetic.write_organelle_like(blocks, scale=SCALE) == ledger
    assert blocks.read_bytes() == one_block.read_bytes()


def test_at_full_scale_the_lengths_are_those_of_the_real_collection():
    lengths, kinds = synthetic._plan(np.random.PCG64(synthetic.SEED), synthetic.TOTAL_BASES)
    plastids, mitochondria = lengths[kinds == 0], lengths[kinds == 1]
    assert lengths.sum() == 2_816_827_506
    assert lengths.min() > 10_000
    assert lengths.max() == mitochondria.max() == 11_300_000
    assert round(plastids.mean()) == 153_039
    assert abs(mitochondria.mean() - 32_964) < 1
    assert abs(np.median(mitochondria) - 16_500) < 500
    assert np.mean(np.abs(mitochondria - 16_500) < 2_000) > 0.8
    # Interleaved: every batch of 5,000 records holds both large kinds in their overall proportion.
    assert all(0.4 < (kinds[i : i + 5_000] == 0).mean() < 0.5 for i in range(0, len(kinds), 5_000))


def test_the_longest_record_is_drawn_in_bounded_blocks():
    draws = synthetic._draw(np.random.PCG64(1), synthetic.LARGEST, synthetic._digits_by_byte((64, 64, 64, 64)))
    sizes = [digits.size for _, digits in draws]
    assert max(sizes) == synthetic._BLOCK < synthetic.LARGEST / 10
    assert sum(sizes) == synthetic.LARGEST


def test_progress_counts_up_to_everything(written):
    lines = written[2]
    assert len(lines) == 33
    assert lines[0].startswith("1,000 of 32,240 records")
    assert lines[-1] == "32,240 of 32,240 records, 3 of 3 Mnt"


def test_a_failure_leaves_what_was_there_and_nothing_half_written(tmp_path, monkeypatch):
    path = tmp_path / "organelles.fasta"
    path.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(synthetic, "_wrapped", full)
    with pytest.raises(StorageError, match="no space is left on the disk"):
        synthetic.write_organelle_like(path, scale=SCALE)
    assert [file.name for file in tmp_path.iterdir()] == ["organelles.fasta"]
    assert path.read_text() == "before"


@pytest.mark.parametrize("scale", [0, -1, 0.0009, 5, float("nan")])
def test_a_scale_out_of_bounds_is_refused_before_anything_is_written(scale, tmp_path):
    with pytest.raises(UsageError, match="scale"):
        synthetic.write_organelle_like(tmp_path / "no.fasta", scale=scale)
    assert not list(tmp_path.iterdir())


def test_the_module_runs_as_a_command_and_prints_its_ledger(written, tmp_path):
    path, ledger, _ = written
    command = [sys.executable, "-m", "opengenome.synthetic", str(tmp_path / "cli.fasta"), "--scale", str(SCALE)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == json.loads(json.dumps(ledger.as_dict()))
    assert (tmp_path / "cli.fasta").read_bytes() == path.read_bytes()

    refused = subprocess.run([*command[:-1], "9"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "A scale of 9.0 is not between" in refused.stderr


def test_its_answer_does_not_come_from_the_pipelines_kernel():
    program = "import sys, opengenome.synthetic; print([m for m in sys.modules if 'counting' in m or m == 'numba'])"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
