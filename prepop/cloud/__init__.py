"""The tenant, through Microsoft Graph. The only importer of msgraph-sdk and azure-identity."""
