"""Evaluation of components: SNR, spatial r, likeness to a soma, acceptance; and dF/F."""
