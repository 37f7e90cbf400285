"""Screens that open over the dashboard."""
