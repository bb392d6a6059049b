"""Parts of the page Extraction."""
