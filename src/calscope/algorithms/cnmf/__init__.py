"""Extraction: constrained non-negative matrix factorisation, from seeds to footprints, traces and background."""
