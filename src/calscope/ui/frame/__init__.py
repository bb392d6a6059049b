"""What stands around every page: shell, sidebar, running job, messages."""
