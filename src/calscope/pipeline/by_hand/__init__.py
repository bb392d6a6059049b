"""Runs as persons left them: components changed by hand, and decisions."""
