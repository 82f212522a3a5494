-- name: next_number
-- The next of a kind and day; the row stays locked until the end of the transaction.
INSERT INTO events.counters (kind, day, last)
VALUES (:kind, :day, 1)
ON CONFLICT (kind, day) DO UPDATE SET last = counters.last + 1
RETURNING last;
