"""A simulator of compute capacity: who is asked first, who says no, and who serves the overflow."""
