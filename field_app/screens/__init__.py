"""The app's screens: each asks its controller on the desk's thread and shows what it gets."""
