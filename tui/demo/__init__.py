"""Scripted sessions of the dashboard, played and recorded on a fixed clock."""
