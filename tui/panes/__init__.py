"""The panes of the dashboard: each draws one part of a snapshot."""
