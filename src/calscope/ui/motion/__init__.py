"""Parts of the page Motion."""
