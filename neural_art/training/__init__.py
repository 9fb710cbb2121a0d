"""Learning a set of paintings."""
