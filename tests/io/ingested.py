"""The text that the tests of ingest use."""

import random

TEXT = b"".join(b">r%d\n" % k + bytes(random.Random(k).choices(b"ACGTN", k=90 + k)) + b"\n" for k in range(30))  # noqa: S311
BASES = sum(90 + k for k in range(30))
