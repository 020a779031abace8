"""What Wireside is about: events, conversations, runs and errors. No clock, no input, no output."""
