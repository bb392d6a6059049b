"""Stages, their graph and keys, the result store, and the runner."""
