"""Results as NWB 2 (Neurodata Without Borders)."""
