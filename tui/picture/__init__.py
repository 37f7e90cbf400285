"""The screen as a picture: as cells with a look, and as SVG."""
