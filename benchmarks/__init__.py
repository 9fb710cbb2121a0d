"""How good the pictures are and how fast they come, on this machine. Every command here explains itself: ``--help``."""
