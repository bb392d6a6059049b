"""What a laboratory knows of its preparation, in its own units."""
