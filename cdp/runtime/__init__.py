"""
Everything that makes the house run on one machine: servers, roles, processes, mailbox.

Read in this order: `launch` (what `manage.py up` does, step by step), `postgres` and `valkey`
(the embedded servers), `bootstrap` (database roles), `roster` (the list of processes),
`supervisor` (keeps them running). No other package imports this one, and nothing here opens a
database connection through Django.
"""
