"""What sweeps and searches try."""
