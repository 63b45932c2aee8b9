"""What stays between runs: plan files, the journal and ledger in SQLite, the lock."""
