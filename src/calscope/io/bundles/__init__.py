"""Bundles: one file that holds a run, with a checksum of every part."""
