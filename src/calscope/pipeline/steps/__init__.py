"""What each stage does, and what it may use."""
