"""Merge: the county's state as a function of the changes and decisions it holds."""
