"""Words, units and values that every other room uses; no file is touched here."""
