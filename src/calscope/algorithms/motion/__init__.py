"""Motion correction: templates, shifts of frames and patches, smooth fields, warping."""
