"""Values: what a text of the directory says, in normal form, and how it is shown."""
