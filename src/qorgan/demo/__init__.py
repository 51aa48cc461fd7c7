"""A small town on one machine: three schools, their simulated cameras and buttons, a police centre, the carrier."""
