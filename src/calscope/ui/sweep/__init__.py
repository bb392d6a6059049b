"""Sweep: one or two parameters over several values each, as a sheet of small pictures and curves."""
