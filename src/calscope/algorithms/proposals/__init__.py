"""What a recording says of the parameters it needs: cell size, decay, motion, noise."""
