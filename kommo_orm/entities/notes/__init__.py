"""Notes and their params, and the managers of the notes of one card."""
