"""The demonstration: an invented county, three teams who survey it, and what the office makes of it."""
