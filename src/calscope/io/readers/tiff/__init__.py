"""TIFF recordings: one frame a file, or stacks; with what ImageJ, OME and ScanImage write into them."""
