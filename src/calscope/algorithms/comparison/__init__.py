"""Comparison of results: two engines, or one engine and the truth."""
