"""The demonstration: an invented county, three teams who survey it, what the office makes of it."""
