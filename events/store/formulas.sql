-- name: all
-- Every version of every figure, in the order of showing.
SELECT code, version, effective_from, in_use, place, name_zh, name_en, numerator_zh, numerator_en,
    denominator_zh, denominator_en, unit, ground, counted, good, marked, without, excused, better,
    ripens, least, source, pack
FROM events.formulas
ORDER BY place, code, version;

-- name: add
-- A further version of a figure; what is there stays.
INSERT INTO events.formulas (code, version, effective_from, in_use, place, name_zh, name_en,
    numerator_zh, numerator_en, denominator_zh, denominator_en, unit, ground, counted, good,
    marked, without, excused, better, ripens, least, source, pack)
VALUES (:code, :version, :effective_from, :in_use, :place, :name_zh, :name_en, :numerator_zh,
    :numerator_en, :denominator_zh, :denominator_en, :unit, :ground,
    CAST(:counted AS text[]), CAST(:good AS text[]), CAST(:marked AS text[]),
    CAST(:without AS text[]), :excused, :better, :ripens, :least, :source, :pack);
