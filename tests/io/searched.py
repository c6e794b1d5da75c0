"""Helpers for tests of searches: the names of the files found and passed over in a folder."""

from opengenome.io.paths import path_of
from opengenome.io.search import search

FASTA = b">a\nACG\n"


def put(path, data=FASTA):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(folder, source, roots=None):
    return [str(path_of(file.path).relative_to(folder)) for file in search(str(source), roots or [folder]).files]


def over(folder, source=None, **more):
    found = search(str(source or folder), [folder], **more)
    return {str(path_of(one.path).relative_to(folder)): one.why for one in found.passed_over}


def find_files(source, roots):
    return search(source, roots).files
