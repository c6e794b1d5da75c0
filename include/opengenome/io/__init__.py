"""Formats and storage; nothing else touches bytes on disk."""
