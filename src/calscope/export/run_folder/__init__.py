"""The folder that `calscope run` writes, and reading it again."""
