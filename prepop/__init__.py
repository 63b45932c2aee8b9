"""prepop: registers what Active Directory knows as Entra ID authentication methods."""

__version__ = "0.1.0"
