-- name: by_hour
-- Rain of whole hours, rolled up: of hours with flagged readings the normal ones only.
SELECT h.device_no, h.hour, CASE WHEN h.flagged = 0 THEN h.total ELSE r.total END AS total,
    CASE WHEN h.flagged = 0 THEN h.readings ELSE r.readings END AS readings
FROM unnest(CAST(:device_nos AS integer[])) AS d (device_no)
JOIN iot.hourly AS h USING (device_no)
LEFT JOIN LATERAL (
    SELECT coalesce(sum(value), 0) AS total, count(*) AS readings FROM iot.readings
    WHERE h.flagged > 0 AND device_no = h.device_no AND metric_no = h.metric_no
        AND ts >= h.hour AND ts < h.hour + interval '1 hour' AND flag = 'N'
) AS r ON true
WHERE h.metric_no = :metric_no AND h.hour >= :first AND h.hour < :until;

-- name: by_span
-- Rain of some spans that are no whole hours, of their normal readings.
SELECT d.device_no, CAST(s.n AS integer) AS n, r.total, r.readings
FROM unnest(CAST(:device_nos AS integer[])) AS d (device_no)
CROSS JOIN unnest(CAST(:firsts AS timestamptz[]), CAST(:untils AS timestamptz[]))
    WITH ORDINALITY AS s (first, until, n)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(value), 0) AS total, count(*) AS readings FROM iot.readings
    WHERE device_no = d.device_no AND metric_no = :metric_no AND ts > s.first AND ts <= s.until
        AND flag = 'N'
) AS r
WHERE r.readings > 0;
