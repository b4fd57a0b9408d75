"""What is wrong in a survey file: rules, and the findings they leave for a person."""

from .running import Summary, run

__all__ = ["Summary", "run"]
