"""What this browser has open and chosen, and the results that belong to it."""
