"""Active Directory over LDAP. The only importer of ldap3."""
