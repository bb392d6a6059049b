"""The wording of every note: one file a subject, each with a table from kind to text."""
