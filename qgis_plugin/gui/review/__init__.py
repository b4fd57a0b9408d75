"""The step Review: conflicts and possible duplicates, looked at and decided one by one or many."""
