"""Every SQL statement. Row-level security is underneath; `lock_` functions also ask for the owner, so that a superior's write is a 404."""
