-- name: next_number
-- The next of a kind and day; the row stays locked until the end of the transaction.
INSERT INTO events.counters (kind, day, last)
VALUES (:kind, :day, 1)
ON CONFLICT (kind, day) DO UPDATE SET last = counters.last + 1
RETURNING last;

-- name: hold
-- The same row, locked until the end of the transaction as for a number.
INSERT INTO events.counters (kind, day, last)
VALUES (:kind, :day, 0)
ON CONFLICT (kind, day) DO UPDATE SET last = counters.last;

-- name: advance
-- So many were given on a day, in the transaction that holds the row.
UPDATE events.counters SET last = :last WHERE kind = :kind AND day = :day;
