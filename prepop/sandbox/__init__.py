"""An emulated tenant and a sample directory, for rehearsals and tests. Shares no code with `cloud`.

tenant, records      the state: users, methods, groups, roles, policy; what tests look at and edit
app, service, batch  HTTP in, rules applied, HTTP out; `routes` says what answers to which path
methods, listings, policies   the rules of Graph, by kind of thing
throttle, faults     quotas, and what goes wrong
server               all of it on a loopback socket
authority            a sign-in service as Entra ID's
directory            a sample directory and its tenant; people, numbers and ldif make it
"""
