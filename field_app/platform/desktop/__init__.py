"""The ports on a desktop, where they work for real: for offices, for tests, for the curious."""
