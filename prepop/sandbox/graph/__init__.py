"""The emulated tenant: what Graph answers, and how it fails."""
