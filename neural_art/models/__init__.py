"""The networks, and how they lie on disk."""
