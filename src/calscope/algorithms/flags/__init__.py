"""What a person should know of a component before it is trusted: measures, and the frames to look at."""
