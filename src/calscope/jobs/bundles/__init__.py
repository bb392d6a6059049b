"""What of a run goes into a bundle, and how a bundle becomes a run of this store."""
