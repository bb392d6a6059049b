"""Where the checkout is, and what may lie beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
"""Recordings with truth and real ones; tests that need it skip where it is absent."""
