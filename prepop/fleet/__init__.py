"""Many tenants, each in a process of its own: its config and secrets, running it, what it answered."""
