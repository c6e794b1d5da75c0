"""Hypothesis without a deadline: the first example of a run may be the one that compiles the kernels."""

from hypothesis import settings

settings.register_profile("opengenome", deadline=None)
settings.load_profile("opengenome")
