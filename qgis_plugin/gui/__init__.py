"""The panel: the steps of the county's day, each a page; dialogs that pages open."""
