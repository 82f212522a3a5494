-- name: append
-- Entries in the trail, in the transaction of what they tell and in their order.
INSERT INTO events.ledger (at, verb, object_kind, object_key, ticket_id, area_id, format, payload)
SELECT CAST(one.c ->> 0 AS timestamptz), one.c ->> 1, one.c ->> 2, one.c ->> 3,
    CAST(one.c ->> 4 AS bigint), CAST(one.c ->> 5 AS integer), :format, one.c ->> 6
FROM json_array_elements(CAST(:rows AS json)) WITH ORDINALITY AS one (c, n)
ORDER BY one.n;

-- name: append_many
-- Many entries of one verb about objects of one kind, in their order.
INSERT INTO events.ledger (at, verb, object_kind, object_key, area_id, format, payload)
SELECT :at, :verb, :object_kind, one.c ->> 0, CAST(one.c ->> 1 AS integer), :format, one.c ->> 2
FROM json_array_elements(CAST(:rows AS json)) WITH ORDINALITY AS one (c, n)
ORDER BY one.n;

-- name: of_ticket
-- Everything that was done to a ticket, in order.
SELECT entry_id, at, actor, verb, object_kind, object_key, ticket_id, area_id, payload
FROM events.ledger
WHERE ticket_id = :ticket_id
ORDER BY entry_id;

-- name: of_object
-- Everything that was done to one object, in order.
SELECT entry_id, at, actor, verb, object_kind, object_key, ticket_id, area_id, payload
FROM events.ledger
WHERE object_kind = :object_kind AND object_key = :object_key
ORDER BY entry_id;

-- name: after
-- A page of the whole trail, in order of entry.
SELECT entry_id, at, actor, verb, object_kind, object_key, ticket_id, area_id, payload
FROM events.ledger
WHERE entry_id > :entry_id
ORDER BY entry_id
LIMIT :limit;
