"""What stands before the pages of a server: who may come in, and which requests it takes."""
