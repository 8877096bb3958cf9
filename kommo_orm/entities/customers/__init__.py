"""Customers and their parts: purchases, stages, segments, bonus points, and the mode they are kept in."""

from kommo_orm.entities.customers import customer, customer_status, segment, transaction

__all__ = ["customer", "customer_status", "segment", "transaction"]
