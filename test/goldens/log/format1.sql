PRAGMA page_size = 8192;
PRAGMA application_id = 1464353106;
PRAGMA user_version = 1;
CREATE TABLE word (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  noun INTEGER NOT NULL REFERENCES word,
  key BLOB NOT NULL,
  UNIQUE (noun, key)
);
CREATE TABLE fact (
  position INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  revision INTEGER NOT NULL,
  type INTEGER NOT NULL REFERENCES word,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  term INTEGER NOT NULL,
  by INTEGER NOT NULL REFERENCES word,
  correlation BLOB NOT NULL,
  causation BLOB NOT NULL,
  state INTEGER NOT NULL REFERENCES word,
  owes INTEGER NOT NULL REFERENCES word,
  due INTEGER,
  chart INTEGER REFERENCES word,
  trace BLOB,
  data TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE UNIQUE INDEX fact_of_stream ON fact (stream, revision);
CREATE VIEW facts AS SELECT
  f.position,
  (SELECT (SELECT text FROM word WHERE word.id = s.noun) || '-' || CASE typeof(s.key) WHEN 'blob' THEN lower(substr(hex(s.key), 1, 8) || '-' || substr(hex(s.key), 9, 4) || '-' || substr(hex(s.key), 13, 4) || '-' || substr(hex(s.key), 17, 4) || '-' || substr(hex(s.key), 21)) ELSE s.key END FROM stream s WHERE s.id = f.stream) AS stream,
  f.revision,
  (SELECT text FROM word WHERE word.id = f.type) AS type,
  CASE typeof(f.id) WHEN 'blob' THEN lower(substr(hex(f.id), 1, 8) || '-' || substr(hex(f.id), 9, 4) || '-' || substr(hex(f.id), 13, 4) || '-' || substr(hex(f.id), 17, 4) || '-' || substr(hex(f.id), 21)) ELSE f.id END AS id,
  strftime('%Y-%m-%dT%H:%M:%fZ', f.at / 1000.0, 'unixepoch') AS at,
  (SELECT text FROM word WHERE word.id = f.by) AS by,
  (SELECT text FROM word WHERE word.id = f.state) AS state,
  (SELECT text FROM word WHERE word.id = f.owes) AS owes,
  strftime('%Y-%m-%dT%H:%M:%fZ', f.due / 1000.0, 'unixepoch') AS due,
  f.data,
  (SELECT text FROM word WHERE word.id = f.chart) AS chart,
  f.term,
  CASE typeof(f.correlation) WHEN 'blob' THEN lower(substr(hex(f.correlation), 1, 8) || '-' || substr(hex(f.correlation), 9, 4) || '-' || substr(hex(f.correlation), 13, 4) || '-' || substr(hex(f.correlation), 17, 4) || '-' || substr(hex(f.correlation), 21)) ELSE f.correlation END AS correlation,
  CASE typeof(f.causation) WHEN 'blob' THEN lower(substr(hex(f.causation), 1, 8) || '-' || substr(hex(f.causation), 9, 4) || '-' || substr(hex(f.causation), 13, 4) || '-' || substr(hex(f.causation), 17, 4) || '-' || substr(hex(f.causation), 21)) ELSE f.causation END AS causation,
  CASE typeof(f.trace) WHEN 'blob' THEN lower('00-' || substr(hex(f.trace), 1, 32) || '-' || substr(hex(f.trace), 33, 16) || '-' || substr(hex(f.trace), 49)) ELSE f.trace END AS traceparent,
  lower(hex(f.hash)) AS hash
FROM fact f;
CREATE VIEW streams AS SELECT
  (SELECT text FROM word WHERE word.id = s.noun) || '-' || CASE typeof(s.key) WHEN 'blob' THEN lower(substr(hex(s.key), 1, 8) || '-' || substr(hex(s.key), 9, 4) || '-' || substr(hex(s.key), 13, 4) || '-' || substr(hex(s.key), 17, 4) || '-' || substr(hex(s.key), 21)) ELSE s.key END AS stream,
  (SELECT text FROM word WHERE word.id = s.noun) AS noun,
  CASE typeof(s.key) WHEN 'blob' THEN lower(substr(hex(s.key), 1, 8) || '-' || substr(hex(s.key), 9, 4) || '-' || substr(hex(s.key), 13, 4) || '-' || substr(hex(s.key), 17, 4) || '-' || substr(hex(s.key), 21)) ELSE s.key END AS key,
  f.revision,
  (SELECT text FROM word WHERE word.id = f.state) AS state,
  (SELECT text FROM word WHERE word.id = f.owes) AS owes,
  strftime('%Y-%m-%dT%H:%M:%fZ', f.due / 1000.0, 'unixepoch') AS due,
  strftime('%Y-%m-%dT%H:%M:%fZ', f.at / 1000.0, 'unixepoch') AS at,
  f.position,
  lower(hex(f.hash)) AS hash
FROM stream s JOIN fact f ON f.stream = s.id
WHERE f.revision = (SELECT max(revision) FROM fact WHERE fact.stream = s.id);
INSERT INTO word VALUES (1, 'instance');
INSERT INTO word VALUES (10, 'AppDeclared.v2');
INSERT INTO word VALUES (2, 'InstancePlaced.v1');
INSERT INTO word VALUES (3, 'engine');
INSERT INTO word VALUES (4, 'starting');
INSERT INTO word VALUES (5, 'run');
INSERT INTO word VALUES (6, 'instance@1');
INSERT INTO word VALUES (7, 'user:é字');
INSERT INTO word VALUES (8, '');
INSERT INTO word VALUES (9, 'app');
INSERT INTO stream VALUES (1, 1, X'00000000000040008000000000000ABC');
INSERT INTO stream VALUES (2, 9, '/prod/web');
INSERT INTO fact VALUES (1, 1, 0, 2, X'00000000000040008000000000000001', 1893456000001, 1, 3, X'00000000000040008000000000C00001', X'00000000000040008000000000CA0001', 4, 5, 1893456900000, 6, X'4BF92F3577B34DA6A3CE929D0E0E473600F067AA0BA902B701', '{"node":"node-1"}', X'10CF063861F5F163C74CA9761057CA1971CDC6E7FD305716B8F731B6E21181E0');
INSERT INTO fact VALUES (2, 1, 1, 2, X'00000000000040008000000000000002', 1893456000002, 1, 7, 'req 7', '00000000-0000-4000-A000-000000000000', 8, 5, NULL, NULL, 'none', '{"text":"ünï 😀"}', X'7931DE79697B1F54CB64DC415C570149E6C13CC37FC51E3B9A20E1873372623D');
INSERT INTO fact VALUES (3, 2, 0, 10, X'00000000000040008000000000000003', 1893456000003, 1, 3, X'00000000000040008000000000C00003', X'00000000000040008000000000CA0003', 4, 8, NULL, NULL, NULL, '{"node":"node-3"}', X'A3BE2FA00C5573991F9A56A1386A3108CAD578A41AB649671E807E84AC91C9CC');
INSERT INTO fact VALUES (4, 1, 2, 2, X'00000000000040008000000000000004', 1893456000004, 7, 3, X'00000000000040008000000000C00004', X'00000000000040008000000000CA0004', 4, 5, NULL, NULL, NULL, '{"node":"node-4"}', X'269C1E90B6B4A6F7447A9B3939C22EB14417E576BB0F0E4386824F0ED23F88CB');
