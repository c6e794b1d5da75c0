"""Codon usage of nucleotide collections too large for one process."""

__version__ = "0.1.0"

# The version of everything that decides a batch's counts and files: part of every batch key. Raise it when the
# kernel, the readers, the manifest or the per-sequence schema change what they produce; leave it for all else.
# 3: a manifest has the totals of each chunk. 2: keys and digests have 256 bits.
ENGINE_VERSION = "3"
