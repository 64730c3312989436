"""Batches: one engine, and a thin file for each source of records."""
