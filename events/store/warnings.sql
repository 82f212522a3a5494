-- name: known
-- A message by its sender and its number.
SELECT warning_id, sha256 FROM events.warnings
WHERE sender = :sender AND identifier = :identifier;

-- name: add
-- A message; no row where it is there already.
INSERT INTO events.warnings (sender, identifier, sent_at, status, kind, sha256, received_at, ends_at)
VALUES (:sender, :identifier, :sent_at, :status, :kind, :sha256, :now, :ends_at)
ON CONFLICT (sender, identifier) DO NOTHING
RETURNING warning_id;

-- name: refer
-- What a message replaces or cancels.
INSERT INTO events.warning_references (warning_id, sender, identifier)
VALUES (:warning_id, :sender, :identifier)
ON CONFLICT DO NOTHING;

-- name: add_info
-- What a message says in one language.
INSERT INTO events.warning_infos (warning_id, language, categories, event, urgency, severity,
    certainty, level, headline, description, instruction, sender_name, onset_at, ends_at)
VALUES (:warning_id, :language, CAST(:categories AS text[]), :event, :urgency, :severity,
    :certainty, :level, :headline, :description, :instruction, :sender_name, :onset_at, :ends_at)
RETURNING info_id;

-- name: add_area
-- Where it holds: its polygons, its circles, and the city's areas of its codes, as one shape.
INSERT INTO events.warning_areas (info_id, description, shape)
SELECT :info_id, :description, CASE WHEN NOT ST_IsEmpty(whole.shape) THEN ST_Multi(whole.shape) END
FROM (
    SELECT ST_CollectionExtract(ST_Union(one.shape), 3) AS shape
    FROM (
        SELECT ST_MakeValid(ST_GeomFromText(ring, 4326)) AS shape
        FROM unnest(CAST(:rings AS text[])) AS ring
        UNION ALL
        SELECT CAST(ST_Buffer(CAST(ST_Point(lon, lat, 4326) AS geography), radius_m) AS geometry)
        FROM unnest(CAST(:lons AS double precision[]), CAST(:lats AS double precision[]),
            CAST(:radii_m AS double precision[])) AS circle (lon, lat, radius_m)
        UNION ALL
        SELECT geometry FROM grid.areas
        WHERE code = ANY(CAST(:codes AS text[]))
            OR (kind = 'city' AND left(code, 2) = ANY(CAST(:codes AS text[])))
    ) AS one
) AS whole;

-- name: touches_city
-- Whether any area of a message touches the city.
SELECT EXISTS (
    SELECT FROM events.warning_infos AS i
    JOIN events.warning_areas AS s USING (info_id)
    JOIN grid.areas AS a ON a.kind = 'city' AND ST_Intersects(a.geometry, s.shape)
    WHERE i.warning_id = :warning_id
);

-- name: standing
-- What holds now or will: neither over, nor replaced or cancelled by a later message. Shapes are
-- cut a degree around the city.
SELECT w.warning_id, i.info_id, w.sender, w.identifier, w.sent_at, w.status, w.kind, i.language,
    i.event, i.urgency, i.severity, i.certainty, i.level, i.headline, i.description, i.instruction,
    i.sender_name, i.onset_at, i.ends_at, coalesce(s.areas, '') AS areas,
    coalesce(s.shapes, '{}') AS shapes, coalesce(s.inside, false) AS inside
FROM events.warnings AS w
JOIN events.warning_infos AS i USING (warning_id)
CROSS JOIN LATERAL (
    SELECT string_agg(a.description, '; ' ORDER BY a.area_no) AS areas,
        array_agg(ST_AsGeoJSON(cut.shape, 5) ORDER BY a.area_no)
            FILTER (WHERE NOT ST_IsEmpty(cut.shape)) AS shapes,
        bool_or(ST_Intersects(a.shape, city.geometry)) AS inside
    FROM events.warning_areas AS a
    LEFT JOIN grid.areas AS city ON city.kind = 'city'
    LEFT JOIN LATERAL (
        SELECT ST_ClipByBox2D(ST_SimplifyPreserveTopology(a.shape, 0.0002),
            Box2D(ST_Expand(city.geometry, 1))) AS shape
    ) AS cut ON true
    WHERE a.info_id = i.info_id
) AS s
WHERE w.ends_at > :now AND i.ends_at > :now AND w.kind <> 'Cancel'
    AND NOT EXISTS (
        SELECT FROM events.warning_references AS r
        WHERE r.sender = w.sender AND r.identifier = w.identifier)
ORDER BY i.level DESC NULLS LAST, w.sent_at DESC, w.warning_id, i.info_id
LIMIT :limit;
