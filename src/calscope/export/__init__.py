"""Results written for other programs and people."""
