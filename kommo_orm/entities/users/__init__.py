"""Users, roles and their rights."""
