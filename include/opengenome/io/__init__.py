"""Formats of inputs, and every file of the store and of the results: how it is laid out, written and read."""
