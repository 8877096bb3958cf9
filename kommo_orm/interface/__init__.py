"""The plain values and protocols that the ORM and the dialects of Kommo's API exchange.

Rooms above this one (`query`, `unit`, `dialects`, `entities`) know it; it knows models and what lies below them.
"""
