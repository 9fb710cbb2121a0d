"""A run is a folder: everything of one training, shared by the page, the worker and the command line."""
