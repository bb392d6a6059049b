"""Results that CaImAn or suite2p made, opened read-only."""
