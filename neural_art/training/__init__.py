"""Learning a set of paintings: one loop, the step and the losses in it, and everything that schedules them."""
