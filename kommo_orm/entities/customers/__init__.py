"""Customers and their parts: purchases, stages, segments, bonus points, and their mode."""
