"""Exploring a trained generator: moving about in the latent space, pictures, films."""
