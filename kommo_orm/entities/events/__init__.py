"""Events: what happened in an account, as its feed tells."""
