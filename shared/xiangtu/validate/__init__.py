"""What is wrong in a survey file: rules, and the findings they leave for a person."""

from .running import Summary, in_steps, run

__all__ = ["Summary", "in_steps", "run"]
