"""What an audit trail is, as pure functions: its rows, trees, signatures, lines and words.

No ORM and no settings: a trail that left the house can be verified without it. `tenants.ledger` holds the SQL.
"""
