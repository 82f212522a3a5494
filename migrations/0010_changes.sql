-- Which devices changed since somebody last looked, without looking at all of them: the transaction
-- that changed a row last. What was not committed at a look has a number that is not below the
-- oldest one then under way (`devices.mark`), so nothing is missed, in whatever order they commit.
ALTER TABLE iot.devices ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION iot.note_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
    AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
REVOKE EXECUTE ON FUNCTION iot.note_change() FROM PUBLIC;
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON iot.devices
    FOR EACH ROW EXECUTE FUNCTION iot.note_change();
CREATE INDEX ON iot.devices (changed_in);
GRANT SELECT (changed_in) ON iot.devices TO cc_ingest;

-- What is judged again asks for the findings that last until then, not for those of all time.
CREATE INDEX ON iot.findings (device_no, metric_no, coalesce(ended_at, timestamptz 'infinity'))
    WHERE NOT withdrawn;
