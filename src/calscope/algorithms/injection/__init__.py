"""How dim a cell would be found: known cells are put into an animal's own movie, and looked for as all others."""
