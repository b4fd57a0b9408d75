"""Widgets that several screens use: large enough for gloves, readable in the sun."""
