"""The step Inbox: packages that came back, what was refused or held back, what was merged."""
