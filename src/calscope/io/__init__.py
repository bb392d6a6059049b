"""Readers of recordings, safe paths, and the demo with known truth."""
