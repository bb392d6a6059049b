"""The report as one HTML file, the methods text, and the parity report."""
