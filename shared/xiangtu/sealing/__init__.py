"""Sealing and signing: the age file format, the keys of tablets and of the county."""
