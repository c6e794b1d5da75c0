"""The benchmark `./opengenome bench`, which measures the figures in README and docs/performance.md."""
