-- name: lines
-- What was received and what is missing in a span of whole hours, by device, by hour, or summed
-- up. A reading is missing where two are an interval too far apart, or where the last one is too
-- long ago: a clock that drifts loses nothing. Hours that are not rolled up are counted now.
WITH due AS (
    SELECT d.device_no, m.metric_no, d.since, coalesce(d.until, 'infinity') AS until,
        CAST(d.interval_s AS double precision) AS every
    FROM iot.due d
    CROSS JOIN LATERAL unnest(d.metrics) AS named (name)
    JOIN iot.metrics m ON m.name = named.name
    WHERE d.since < :until AND (d.until IS NULL OR d.until > :first)
        AND (CAST(:device_nos AS integer[]) IS NULL
            OR d.device_no = ANY(CAST(:device_nos AS integer[])))
), heard AS (
    SELECT device_no, metric_no, hour, readings, first_at, last_at, flagged, late
    FROM iot.hourly
    WHERE hour >= :first AND hour < least(CAST(:until AS timestamptz), :open_from)
        AND (CAST(:device_nos AS integer[]) IS NULL
            OR device_no = ANY(CAST(:device_nos AS integer[])))
    UNION ALL
    SELECT r.device_no, r.metric_no, date_trunc('hour', r.ts), count(*), min(r.ts), max(r.ts),
        count(*) FILTER (WHERE r.flag <> 'N'),
        count(*) FILTER (WHERE r.received_at > r.ts
            + greatest(interval '2 minutes', coalesce(d.interval_s, 0) * interval '2 seconds'))
    FROM iot.readings r
    LEFT JOIN iot.devices d USING (device_no)
    WHERE r.ts >= :open_from AND r.ts < :until
        AND (CAST(:device_nos AS integer[]) IS NULL
            OR r.device_no = ANY(CAST(:device_nos AS integer[])))
    GROUP BY 1, 2, 3
), spoken AS (
    SELECT due.*, h.hour, h.readings, h.first_at, h.last_at,
        lag(h.last_at) OVER (
            PARTITION BY due.device_no, due.metric_no, due.since ORDER BY h.hour) AS before_at
    FROM due
    JOIN heard h ON h.device_no = due.device_no AND h.metric_no = due.metric_no
        AND h.last_at >= due.since AND h.first_at < due.until
), ends AS (
    SELECT due.*, inside.last_at, earlier.last_at AS earlier_at, later.first_at AS later_at
    FROM due
    LEFT JOIN (
        SELECT device_no, metric_no, since, max(last_at) AS last_at
        FROM spoken GROUP BY 1, 2, 3) AS inside USING (device_no, metric_no, since)
    LEFT JOIN LATERAL (
        SELECT last_at FROM iot.hourly
        WHERE device_no = due.device_no AND metric_no = due.metric_no AND hour < :first
        ORDER BY hour DESC LIMIT 1) AS earlier ON true
    LEFT JOIN LATERAL (
        SELECT first_at FROM iot.hourly
        WHERE device_no = due.device_no AND metric_no = due.metric_no AND hour >= :until
        ORDER BY hour LIMIT 1) AS later ON true
), silences AS (
    -- from a reading (or the day the device came) to the next one
    SELECT s.device_no, s.every, greatest(coalesce(s.before_at, e.earlier_at), s.since) AS from_at,
        s.first_at AS to_at, NULL AS open_until
    FROM spoken s
    JOIN ends e USING (device_no, metric_no, since)
    UNION ALL
    SELECT device_no, every, greatest(coalesce(last_at, earlier_at), since),
        CASE WHEN later_at < until THEN later_at END,
        least(until, :now - greatest(interval '2 minutes', every * interval '2 seconds'))
    FROM ends
), gaps AS (
    SELECT device_no, every, from_at, CASE WHEN to_at IS NOT NULL
        THEN round(CAST(extract(epoch FROM to_at - from_at) AS double precision) / every) - 1
        ELSE ceil(CAST(extract(epoch FROM open_until - from_at) AS double precision) / every) - 1
        END AS missing
    FROM silences
), lines AS (
    SELECT device_no, hour, readings AS received, 0 AS missing, late, flagged, 0 AS duplicates,
        0 AS quarantined, 0 AS rejected, NULL AS sender
    FROM heard
    WHERE hour >= :first
    UNION ALL
    -- between the first and the last one of an hour
    SELECT device_no, hour, 0, round(CAST(extract(epoch FROM last_at - first_at)
        AS double precision) / every) + 1 - readings, 0, 0, 0, 0, 0, NULL
    FROM spoken
    WHERE first_at >= since AND last_at < until AND hour >= :first
        AND round(CAST(extract(epoch FROM last_at - first_at) AS double precision) / every)
            >= readings
    UNION ALL
    -- each at the time it was due: from_at + 1, 2, .. missing intervals
    SELECT device_no, hour, 0,
        least(missing, greatest(0, ceil(CAST(extract(epoch FROM
            hour + interval '1 hour' - from_at) AS double precision) / every) - 1))
        - least(missing, greatest(0, ceil(CAST(extract(epoch FROM
            hour - from_at) AS double precision) / every) - 1)), 0, 0, 0, 0, 0, NULL
    FROM gaps
    CROSS JOIN LATERAL generate_series(
        greatest(date_trunc('hour', from_at), :first),
        least(from_at + missing * every * interval '1 second', :until - interval '1 hour'),
        interval '1 hour') AS hours (hour)
    WHERE missing > 0
    UNION ALL
    SELECT device_no, hour, 0, 0, 0, 0, readings, 0, 0, NULL
    FROM iot.sent_again
    WHERE hour >= :first AND hour < :until
    UNION ALL
    -- messages, by the hour they were received in
    SELECT d.device_no, date_trunc('hour', q.received_at), 0, 0, 0, 0, 0,
        CASE WHEN q.reason = ANY(CAST(:refusals AS text[])) THEN 0 ELSE 1 END,
        CASE WHEN q.reason = ANY(CAST(:refusals AS text[])) THEN 1 ELSE 0 END,
        coalesce(q.device_id, q.topic)
    FROM iot.quarantine q
    LEFT JOIN iot.devices d USING (device_id)
    WHERE q.received_at >= :first AND q.received_at < :until
    UNION ALL
    -- of who floods, and was cut off; 0: of nobody who is registered
    SELECT device_no, hour, 0, 0, 0, 0, 0, 0, messages, '?'
    FROM iot.rejected
    WHERE hour >= :first AND hour < :until
), summed AS (
    SELECT CASE WHEN CAST(:by_device AS boolean) THEN coalesce(d.device_id, l.sender) END
            AS device_id,
        CASE WHEN CAST(:by_hour AS boolean) THEN l.hour END AS hour,
        sum(l.received)::bigint AS received, sum(l.missing)::bigint AS missing,
        sum(l.late)::bigint AS late, sum(l.flagged)::bigint AS flagged,
        sum(l.duplicates)::bigint AS duplicates, sum(l.quarantined)::bigint AS quarantined,
        sum(l.rejected)::bigint AS rejected
    FROM lines l
    LEFT JOIN iot.devices d ON d.device_no = l.device_no
    WHERE CAST(:device_nos AS integer[]) IS NULL
        OR l.device_no = ANY(CAST(:device_nos AS integer[]))
    GROUP BY 1, 2
)
SELECT device_id, hour, received, missing, late, flagged, duplicates, quarantined, rejected,
    count(*) OVER () AS lines
FROM summed
WHERE NOT CAST(:only_troubled AS boolean)
    OR missing + late + duplicates + quarantined + rejected > 0
ORDER BY CASE WHEN CAST(:by_hour AS boolean) THEN NULL ELSE -missing END, device_id, hour
LIMIT CAST(:most AS bigint) OFFSET CAST(:skip AS bigint)
