"""Lists (catalogs) and their elements: products, invoices, and what they are linked to."""
