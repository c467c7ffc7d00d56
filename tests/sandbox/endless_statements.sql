-- Statements without end, or of more memory than there is, a line each: each ends at a limit of its
-- process. {deep} is a thousand levels of nesting, {long} a text of 35,000 characters.
SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c WHERE hash(a.range, b.range, c.range) = 1
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t
WITH RECURSIVE t(n) AS (SELECT 1::HUGEINT UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t
SELECT len(range(10000000000))
SELECT repeat('x', 100000000000)
SELECT list(a.range || repeat('x', 10000)) FROM range(10000000) a
SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)
SELECT count(DISTINCT hash(a.range, b.range)) FROM range(100000) a, range(100000) b
SELECT * FROM range(10000000000)
SELECT {deep}
SELECT '{long}' || '{long}'
SELECT array_to_string(list_transform(range(100000000), x -> repeat('x', 1000)), '')
