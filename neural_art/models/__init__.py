"""The generator and the discriminator, what both see the world through, and how they lie on disk."""
