"""Files for a download: only regular files that really lie where their name says, sent only if they are unchanged."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from opengenome.errors import ContractError

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Download:
    """An open file. name: for the user's disk, in plain letters. size: bytes. sha256: that it has to have."""

    name: str
    size: int
    sha256: str
    file: BinaryIO

    def blocks(self) -> Iterator[bytes]:
        """The content. Raises ContractError before the last block if the file is not the one that was committed.

        The receiver was told the size, so it sees that a download without its last block has failed.
        """
        with self.file:
            digest, left = hashlib.sha256(), self.size
            while block := self.file.read(min(_BLOCK, left)):
                digest.update(block)
                left -= len(block)
                if not left and digest.hexdigest() != self.sha256:
                    break
                yield block
            if digest.hexdigest() != self.sha256:
                raise ContractError(f"{self.name} has changed: it is not sent to its end")


def download(folder: Path, name: str, sha256: str, called: str) -> Download:
    """Open a file of a folder of ours. name: as its proof or manifest lists it. called: what its download is named.

    Raises ContractError if there is no such regular file, or if a link leads to or from it.
    """
    file = confined(folder, name)
    safe = re.sub(r"[^A-Za-z0-9_.-]", "-", called).lstrip(".-")
    return Download(safe, os.fstat(file.fileno()).st_size, sha256, file)


def confined(folder: Path, name: str) -> BinaryIO:
    """Open a file below a folder without following any link, in either of them. Raises ContractError."""
    path = folder / name
    try:
        if os.path.realpath(path, strict=True) != f"{folder}/{name}":
            raise ContractError(f"{name} leads elsewhere", file=path)
        # A pipe in its place would block.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    except (OSError, ValueError) as error:
        raise ContractError(f"{name} cannot be read: {error}", file=path) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ContractError(f"{name} is not a file", file=path)
    return file
