"""Results of two engines, or of one and the truth, beside each other."""
