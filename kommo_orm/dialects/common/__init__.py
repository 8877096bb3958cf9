"""What both dialects need: errors, failures, and the addresses of API v2 that v4 uses, too."""
