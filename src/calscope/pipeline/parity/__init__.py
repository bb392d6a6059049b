"""Both engines on one recording, each in a process of its own."""
