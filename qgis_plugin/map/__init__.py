"""Maps of a survey file: the styled project, symbols by the catalogue, the one-map layout."""
