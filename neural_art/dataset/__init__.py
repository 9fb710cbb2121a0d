"""What a person brings: checked, decoded, kept and squared for the network."""
