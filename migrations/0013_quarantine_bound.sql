-- A device that sends what cannot be used, slowly and for ever, must not fill the disk.
CREATE INDEX quarantine_of_sender ON iot.quarantine (coalesce(device_id, ''), reason, quarantine_id)
    WHERE resolved_at IS NULL;

-- Of each device and reason that came since the message `after`: when more than `most` messages
-- wait, the first half and the newest half of them stay. Those between are dropped and counted as
-- rejected. What names no device counts as one, with ten times as much. Less than 1,000 is not
-- taken: the ingester may thin out, and not wipe. How many were dropped.
CREATE FUNCTION iot.bound_quarantine(after bigint, most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    one record;
    allowed bigint;
    waiting bigint;
    dropped bigint := 0;
BEGIN
    FOR one IN
        SELECT DISTINCT coalesce(q.device_id, '') AS sender, q.reason FROM iot.quarantine q
        WHERE q.quarantine_id > after AND q.resolved_at IS NULL
        ORDER BY 1, 2
    LOOP
        allowed := greatest(most, 1000)::bigint * CASE one.sender WHEN '' THEN 10 ELSE 1 END;
        SELECT count(*) INTO waiting FROM iot.quarantine q
        WHERE q.resolved_at IS NULL AND coalesce(q.device_id, '') = one.sender
            AND q.reason = one.reason;
        CONTINUE WHEN waiting <= allowed;
        WITH between_them AS (
            SELECT q.quarantine_id FROM iot.quarantine q
            WHERE q.resolved_at IS NULL AND coalesce(q.device_id, '') = one.sender
                AND q.reason = one.reason
            ORDER BY q.quarantine_id
            OFFSET allowed / 2 LIMIT waiting - allowed
        ), gone AS (
            DELETE FROM iot.quarantine q USING between_them b
            WHERE q.quarantine_id = b.quarantine_id AND q.resolved_at IS NULL
            RETURNING q.received_at
        ), counted AS (
            INSERT INTO iot.rejected AS old (device_no, hour, messages)
            SELECT coalesce((SELECT d.device_no FROM iot.devices d
                             WHERE d.device_id = one.sender), 0),
                date_trunc('hour', received_at), count(*)
            FROM gone GROUP BY 2 ORDER BY 2
            ON CONFLICT ON CONSTRAINT rejected_pkey
                DO UPDATE SET messages = old.messages + excluded.messages
        )
        SELECT dropped + count(*) INTO dropped FROM gone;
    END LOOP;
    RETURN dropped;
END
$$;
REVOKE EXECUTE ON FUNCTION iot.bound_quarantine(bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION iot.bound_quarantine(bigint, integer) TO cc_ingest;
