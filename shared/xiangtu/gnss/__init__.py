"""Positions: what a receiver says at each epoch, where it comes from, and what is made of many."""
