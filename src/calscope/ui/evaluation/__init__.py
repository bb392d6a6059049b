"""Parts of the page Evaluation."""
