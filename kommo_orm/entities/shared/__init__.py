"""What entities have in common: base classes, queries under a parent, related managers, actions, nested values."""
