"""Calscope: from raw two-photon frames to evaluated components, in the browser and on the command line."""

__version__ = "0.1.0"
