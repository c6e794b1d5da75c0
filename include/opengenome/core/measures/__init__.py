"""Numbers computed from 64 counts under a genetic code, vectorised over (..., 64), codons alphabetical.

A module holds one family of measures; `table.MEASURES` lists them all. Counts are non-negative integers, results are
float64, and NaN means missing. A figure never depends on the other sequences of an array or on their order.
"""
