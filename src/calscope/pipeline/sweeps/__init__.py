"""Sweeps: parameters over several values each, tried on one animal."""
