"""What the figures in README and docs/performance.md come from: `./opengenome bench`."""
