"""What a person uploads: found, decoded, checked, kept in a folder, and squared for the network. No PyTorch."""
