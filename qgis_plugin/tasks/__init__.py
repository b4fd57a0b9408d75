"""Long work of the core in QGIS's background, with progress and cancel."""
