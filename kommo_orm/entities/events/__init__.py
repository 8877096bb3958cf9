"""Events: the feed of what happened in an account."""
