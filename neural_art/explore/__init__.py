"""Playing with a trained generator."""
