"""Customers and their parts: purchases, stages, segments, bonus points, and the mode they are kept in."""
