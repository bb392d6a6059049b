"""Parts of the page Traces."""
