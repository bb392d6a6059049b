"""Parts of results as they are kept in the store; `pipeline/codecs.py` says which kind of result consists of which."""
