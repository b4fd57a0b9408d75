"""The command xiangtu: everything the plugin can do without a map."""

from .main import main

__all__ = ["main"]
