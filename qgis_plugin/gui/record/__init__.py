"""One record closely: its history, what stood in it before, its private values."""
