"""The ports: what Android does otherwise than a desktop, each with an implementation for both."""
