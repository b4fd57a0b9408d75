"""The county's desk in QGIS; so far its room `map`, which builds the one-map project."""
