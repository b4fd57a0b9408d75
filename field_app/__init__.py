"""The tablet's app: what a surveyor in a village without signal works with."""
