"""The map: where it looks, its tiles, what is drawn of the survey, and fingers on it."""
