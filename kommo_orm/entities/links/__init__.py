"""Links between cards and list elements."""
