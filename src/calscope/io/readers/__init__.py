"""One reader a format behind a registry; adding a format is one file and one line."""
