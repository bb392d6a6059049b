"""What NWB asks of an experiment, and no recording says."""
