"""Directories that people are read from: Active Directory over LDAP, LDIF and CSV exports."""
