"""Signing in to Entra ID, in every national cloud."""
