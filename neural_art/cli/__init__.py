"""The command line: one file a group of commands, and no rules of its own."""
