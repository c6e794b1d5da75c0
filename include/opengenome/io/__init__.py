"""Finding, recognising and reading inputs, and reading and writing every file of the store and of the results."""
