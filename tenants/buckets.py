"""The SQL of limits that processes share: a row says when somebody's bucket is full again (GCRA).

The clock is the database's. It knows no limit and nobody's name: both are its arguments.
"""

from django.db import connection

# Two takers of one bucket: the second waits for the first one's row lock and sees what is left. `now()` would stand
# still within a transaction. Index: the primary key.
_TAKE_SQL = """
INSERT INTO tenants_throttle AS known (name, full_at)
VALUES (%(name)s, clock_timestamp() + make_interval(secs => %(cost)s))
ON CONFLICT (name) DO UPDATE
SET full_at = greatest(known.full_at, clock_timestamp()) + make_interval(secs => %(cost)s)
WHERE greatest(known.full_at, clock_timestamp()) + make_interval(secs => %(cost)s)
    <= clock_timestamp() + make_interval(secs => %(period)s)
RETURNING true
"""
_WAIT_SQL = """
SELECT extract(epoch FROM full_at - clock_timestamp()) + %(cost)s - %(period)s FROM tenants_throttle
WHERE name = %(name)s
"""
_SHORTEST_WAIT = 0.001


def take(name: bytes, *, cost: float, period: float) -> float:
    """Takes what refills in `cost` seconds from a bucket that fills in `period`; 0, or the seconds until there is that
    much in it."""
    asked: dict[str, bytes | float] = {"name": name, "cost": cost, "period": period}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_SQL, asked)
        if cursor.fetchone() is not None:
            return 0.0
        cursor.execute(_WAIT_SQL, asked)  # index: the primary key
        found = cursor.fetchone()
    return max(float(found[0]), _SHORTEST_WAIT) if found else _SHORTEST_WAIT
