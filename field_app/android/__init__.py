"""What makes the app an Android package: the folder that is packed, recipes for its libraries."""
