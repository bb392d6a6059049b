"""Parts of the page Parameters."""
