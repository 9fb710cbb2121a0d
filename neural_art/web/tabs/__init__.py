"""The three steps of the page, a tab each: its components, what they show of a run, and what they do."""
