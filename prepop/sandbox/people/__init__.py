"""A sample directory, with the mess that real ones hold."""
