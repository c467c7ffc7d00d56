-- Statements that are refused, a line each: files, settings, the environment, other databases, other
-- statements than one SELECT. {home} is a folder with secrets; \n is a line break.
-- tests/sandbox/test_child.py runs them in a sandbox, tests/soak/test_sql.py through a server.
SELECT current_setting('home_directory')
SELECT current_setting('secret_directory')
SELECT current_setting('extension_directory')
SELECT current_setting('temp_directory')
SELECT current_setting('extension_directories')
SELECT current_setting('file_search_path')
SELECT current_setting('log_query_path')
SELECT current_setting('allowed_paths')
SELECT CURRENT_SETTING('home_directory')
SELECT "current_setting"('home_directory')
SELECT main.current_setting('home_directory')
SELECT system.main.current_setting('home_directory')
SELECT list_transform(['home_directory'], lambda x: current_setting(x))
SELECT 1 WHERE current_setting('home_directory') = ''
SELECT 1 ORDER BY current_setting('home_directory')
WITH a AS (SELECT current_setting('home_directory') AS x) FROM a
SELECT getenv('SECRET')
SELECT getenv('HOME')
SELECT getvariable('HOME')
SELECT json_serialize_plan('FROM read_text(''{home}/secret'')')
FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{home}/secret'')'))
FROM query('FROM read_text(''{home}/secret'')')
FROM query_table('{home}/secret')
FROM '{home}/secret'
FROM '~/secret'
FROM "{home}/secret.csv"
FROM main."{home}/secret.csv"
FROM file."{home}/secret.csv"
SELECT (FROM '{home}/secret')
DESCRIBE FROM '{home}/secret'
SUMMARIZE '{home}/secret'
SUMMARIZE FROM '{home}/secret'
PIVOT '{home}/secret' ON x
FROM VALUES (1) t(a) JOIN '{home}/secret' ON true
FROM read_text('{home}/secret')
FROM read_blob('{home}/secret')
FROM read_csv('{home}/secret')
FROM read_json('{home}/secret')
FROM glob('{home}/secret')
FROM read_text('~/secret')
FROM read_blob('~/secret')
FROM read_csv('~/secret')
FROM read_json('~/secret')
FROM glob('~/secret')
FROM read_text('/proc/self/environ')
FROM read_blob('/proc/self/environ')
FROM read_csv('/proc/self/environ')
FROM read_json('/proc/self/environ')
FROM glob('/proc/self/environ')
FROM read_text('/proc/self/cmdline')
FROM read_blob('/proc/self/cmdline')
FROM read_csv('/proc/self/cmdline')
FROM read_json('/proc/self/cmdline')
FROM glob('/proc/self/cmdline')
FROM read_csv_auto('{home}/secret')
FROM sniff_csv('{home}/secret')
FROM read_ndjson_objects('{home}/secret')
FROM parquet_scan('{home}/secret')
FROM read_duckdb('{home}/secret')
FROM sqlite_scan('{home}/secret', 'keys')
FROM arrow_scan(1, 2, 3)
FROM python_map_function()
FROM pandas_scan(1)
FROM order
FROM os
FROM sys
FROM duckdb_settings()
FROM duckdb_secrets()
FROM duckdb_databases()
FROM duckdb_extensions()
FROM duckdb_logs()
FROM duckdb_variables()
FROM pragma_database_list
FROM pragma_database_list()
FROM which_secret('{home}/secret', 's3')
FROM pg_catalog.pg_settings
FROM information_schema.schemata
FROM feed
FROM checkpoint()
FROM force_checkpoint()
FROM repeat_row(1, num_rows = 1), read_text('{home}/secret')
FROM enable_logging('QueryLog', storage = 'file', storage_path = '{home}/log')
SELECT write_log('x')
SELECT parse_filename('{home}/secret', (FROM read_text('{home}/secret')))
SELECT * FROM range((SELECT size FROM read_text('{home}/secret')))
SELECT * FROM range(1) LIMIT (SELECT size FROM read_text('{home}/secret'))
SELECT * FROM unnest((SELECT list(content) FROM read_text('{home}/secret')))
SELECT a FROM range(1) t(a) UNION ALL FROM (SELECT size FROM read_text('{home}/secret'))
SELECT CASE WHEN true THEN (SELECT content FROM read_text('{home}/secret')) END
SELECT 1 WHERE EXISTS (FROM read_text('{home}/secret'))
SELECT max(1) OVER (ORDER BY (SELECT size FROM read_text('{home}/secret')))
SELECT [x FOR x IN (SELECT list(content) FROM read_text('{home}/secret'))]
SELECT * REPLACE ((SELECT content FROM read_text('{home}/secret')) AS a) FROM range(1) t(a)
FROM range(1) t(a) QUALIFY (SELECT size FROM read_text('{home}/secret')) > 0
FROM range(1) TABLESAMPLE 1 ROWS, LATERAL (FROM read_text('{home}/secret'))
VALUES ((SELECT content FROM read_text('{home}/secret')))
WITH a AS MATERIALIZED (FROM read_text('{home}/secret')) SELECT 1
WITH a AS (COPY (SELECT 1) TO '{home}/out' RETURNING *) FROM a
WITH RECURSIVE a AS (SELECT 1 UNION ALL FROM read_text('{home}/secret')) FROM a
COPY (SELECT 1) TO '{home}/out'
COPY (SELECT 1) TO '/dev/stdout'
EXPORT DATABASE '{home}/out'
IMPORT DATABASE '{home}'
ATTACH '{home}/secret' AS a
ATTACH ':memory:' AS a
INSTALL httpfs
LOAD '{home}/secret'
PRAGMA database_list
SET home_directory = '{home}'
SET VARIABLE a = 1
RESET enable_external_access
CREATE SECRET (TYPE s3)
CREATE TABLE a AS FROM read_text('{home}/secret')
CREATE MACRO a() AS (SELECT 1)
EXPLAIN FROM read_text('{home}/secret')
EXPLAIN ANALYZE SELECT 1
PREPARE a AS FROM read_text('{home}/secret')
CALL pragma_version()
USE system
SHOW ALL TABLES FROM '{home}/secret'
SELECT 1; FROM read_text('{home}/secret')
SELECT 1 /* ; */ ; -- '\nFROM read_text('{home}/secret')
SELECT '~/secret'::VARCHAR FROM glob('~/*')
SELECT nextval('x')
FROM pg_catalog.pg_class
SELECT * FROM main.sqlite_master
DETACH memory
DELETE FROM events
UPDATE events SET slot = 1
TRUNCATE events
INSERT INTO events VALUES (1)
ALTER TABLE events RENAME TO x
DROP TABLE events
CREATE VIEW v AS SELECT 1
CREATE TEMP TABLE t AS SELECT 1
VACUUM
CHECKPOINT
BEGIN
COMMIT
SELECT pg_sleep(100)
SELECT sleep_ms(100000)
EXECUTE a
DEALLOCATE a
SELECT inet_client_addr()
FROM sql_auto_complete('SEL')
SELECT 1; SELECT 2
WITH x AS (DELETE FROM events RETURNING *) FROM x
MERGE INTO events USING events e ON true WHEN MATCHED THEN DELETE
