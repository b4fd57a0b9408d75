"""What the app's screens do, one module a journey, in plain Python: no window, no SQL."""
