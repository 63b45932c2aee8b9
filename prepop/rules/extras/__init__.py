"""Extra files: which row belongs to whom. Pure, over everybody who was read."""
