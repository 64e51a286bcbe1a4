"""The private PostgreSQL and Valkey of `make run`, and the supervisor over them; has no part in production."""
