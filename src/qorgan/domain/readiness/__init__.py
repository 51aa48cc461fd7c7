"""What people at a school have to know by heart: cards of what to do, by role and scenario, and a few questions."""
