"""Views of one animal's components that share one selection in the browser."""
