"""What panes are drawn with: lines, charts, tables and the characters of the terminal."""
