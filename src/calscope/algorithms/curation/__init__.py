"""From the log of what persons said to what holds for the components of one run."""
