"""What the pages share: shell, state, caches, forms, jobs panel, messages."""
