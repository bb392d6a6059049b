"""One worker process per run, and the files by which it is followed."""
