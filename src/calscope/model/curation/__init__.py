"""What a person says of components: the entries of the log, and what follows from them for one run."""
