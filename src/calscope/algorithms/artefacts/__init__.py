"""What spoils a recording before anything is computed: light artefacts, line phase, patterns, normalised movies."""
