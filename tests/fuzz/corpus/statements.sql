-- Statements that once were, or nearly were, a way out of the sandbox; {dir} has files.
-- A line each; `tests/fuzz/test_statements.py` runs them.
WITH "{dir}/b.csv" AS (SELECT 1) SELECT (SELECT 2) FROM '{dir}/a.csv'
SELECT * FROM (WITH "{dir}/a.csv" AS (SELECT 1) SELECT 1), '{dir}/a.csv'
SELECT * FROM query('FROM read_text(''{dir}/a.txt'')')
SELECT * FROM query_table('{dir}/a.csv')
SELECT * FROM query_table(['{dir}/a.csv'])
FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{dir}/a.txt'')'))
SELECT (SELECT max(content) FROM read_text('{dir}/a.txt'))
SELECT list_transform([1], y -> (SELECT max(content) FROM read_text('{dir}/a.txt')))
SELECT 1 LIMIT (SELECT count(*) FROM read_text('{dir}/a.txt'))
FROM read_text('/proc/self/environ')
SUMMARIZE '{dir}/a.csv'
DESCRIBE '{dir}/a.parquet'
SELECT getenv('TART_SECRET')
