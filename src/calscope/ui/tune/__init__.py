"""Tune: parameters tried on a part of one animal, which answers at once."""
