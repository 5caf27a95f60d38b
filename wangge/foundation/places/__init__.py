"""Where things are: 区→街道→社区→网格 as a dated tree of areas; compounds, buildings, entrances and rooms; geometry.

Areas are redrawn, buildings stay: which grid a building belongs to is a dated link, and an old grid keeps its rows.
Coordinates are CGCS2000/WGS-84 degrees, longitude first.
"""
