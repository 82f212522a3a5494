-- What held at a past instant is found by ordinary indexes. A GiST index of spans cost a quarter of a
-- millisecond for each row of a million; and as every span begins without an end, and such an index
-- never grows narrow again, it read in the end whatever had ever begun.

-- Spans are sorted by how long they last: class k for up to 2^k minutes. Of one class whatever holds at an
-- instant began in the 2^k minutes before it, and at least a half of what began then holds.
CREATE FUNCTION events.span_class(since timestamptz, until timestamptz) RETURNS smallint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
SELECT CAST(greatest(0, ceil(ln(date_part('epoch', until - since) / 60) / ln(2))) AS smallint)
$$;

DROP INDEX events.ticket_past_tstzrange_idx;
CREATE INDEX ON events.ticket_past (since) WHERE until = 'infinity';
CREATE INDEX ticket_past_by_class ON events.ticket_past (events.span_class(since, until), since)
    WHERE until < 'infinity';
DROP INDEX events.alarm_past_tstzrange_idx;
CREATE INDEX ON events.alarm_past (since) WHERE until = 'infinity';
CREATE INDEX alarm_past_by_class ON events.alarm_past (events.span_class(since, until), since)
    WHERE until < 'infinity';

-- The versions of tickets, and the findings, that held at an instant. (2^27 minutes are 255 years; a
-- second more, for what rounding may do.)
CREATE FUNCTION events.tickets_at(instant timestamptz) RETURNS SETOF events.ticket_past
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
SELECT p.* FROM events.ticket_past AS p WHERE p.until = 'infinity' AND p.since <= instant
UNION ALL
SELECT p.* FROM generate_series(0, 27) AS k
JOIN events.ticket_past AS p ON p.until < 'infinity'
    AND events.span_class(p.since, p.until) = CAST(k AS smallint)
    AND p.since <= instant AND p.since > instant - (60.0 * (1 << k) + 1) * interval '1 second'
WHERE p.until > instant
$$;
CREATE FUNCTION events.alarms_at(instant timestamptz) RETURNS SETOF events.alarm_past
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
SELECT p.* FROM events.alarm_past AS p WHERE p.until = 'infinity' AND p.since <= instant
UNION ALL
SELECT p.* FROM generate_series(0, 27) AS k
JOIN events.alarm_past AS p ON p.until < 'infinity'
    AND events.span_class(p.since, p.until) = CAST(k AS smallint)
    AND p.since <= instant AND p.since > instant - (60.0 * (1 << k) + 1) * interval '1 second'
WHERE p.until > instant
$$;
