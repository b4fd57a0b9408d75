"""The small county of command_line.py, for the command line's tests."""

from command_line import packed_once, place

__all__ = ["packed_once", "place"]
