"""What components are worth: SNR, spatial r, likeness to a soma, acceptance, dF/F."""
