"""Where things are and how large: zones, projection, areas, blobs, identifiers, topology."""
