"""Calscope: from raw two-photon frames to judged cells, in the browser and on the command line."""

__version__ = "0.1.0"
