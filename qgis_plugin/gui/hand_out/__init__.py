"""The step Hand out: tablets, who has what, a new assignment with its villages and basemap."""
