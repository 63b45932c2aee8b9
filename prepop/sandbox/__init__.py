"""An emulated tenant and a sample directory, for rehearsals and tests. Shares no code with `cloud`."""
