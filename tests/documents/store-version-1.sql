-- A document's database as version 1 writes it. Never changed: documents like this are on people's disks.
CREATE TABLE page (
    id INTEGER PRIMARY KEY,
    -- The page whose file has its pixels.
    file INTEGER NOT NULL,
    -- Its place in the document, from 0; NULL: put aside, for the history.
    place INTEGER,
    back INTEGER NOT NULL,
    -- What was done to it, JSON; NULL: nothing.
    look TEXT,
    -- Of a page that is arriving: what was expected.
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    -- Of a page that is over: whether all of it is there, what is true of it as JSON, and the bytes of its file.
    complete INTEGER,
    facts TEXT,
    file_bytes INTEGER
) STRICT;
CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    edit TEXT NOT NULL,
    -- The way back, of a change that stands.
    undo TEXT
) STRICT;
CREATE TABLE about (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
PRAGMA application_id = 1282687554;
PRAGMA user_version = 1;
INSERT INTO page VALUES (1, 1, NULL, 0, '{"rotation":90,"crop":null,"tone":{"brightness":0,"contrast":0,"threshold":null}}', 16, 16, 1, '{"width":16,"height":16,"complete":true,"bytes":256,"picture":{"rows":{"width":16,"format":"gray8","stride":16}}}', NULL);
INSERT INTO page VALUES (2, 2, NULL, 0, NULL, 16, 16, 1, '{"width":16,"height":16,"complete":true,"bytes":256,"picture":{"rows":{"width":16,"format":"gray8","stride":16}}}', NULL);
INSERT INTO page VALUES (3, 3, 2, 0, '{"rotation":0,"crop":null,"tone":{"brightness":20,"contrast":-5,"threshold":128}}', 16, 16, 1, '{"width":16,"height":16,"complete":true,"bytes":256,"picture":{"rows":{"width":16,"format":"gray8","stride":16}}}', NULL);
INSERT INTO page VALUES (4, 1, 0, 0, '{"rotation":90,"crop":{"left":0,"top":0,"width":16,"height":8},"tone":{"brightness":0,"contrast":0,"threshold":null}}', 16, 16, 1, '{"width":16,"height":16,"complete":true,"bytes":256,"picture":{"rows":{"width":16,"format":"gray8","stride":16}}}', NULL);
INSERT INTO page VALUES (5, 1, 1, 0, '{"rotation":90,"crop":{"left":0,"top":8,"width":16,"height":8},"tone":{"brightness":0,"contrast":0,"threshold":null}}', 16, 16, 1, '{"width":16,"height":16,"complete":true,"bytes":256,"picture":{"rows":{"width":16,"format":"gray8","stride":16}}}', NULL);
INSERT INTO history VALUES (1, '{"rotate":{"pages":[1],"by":90}}', '{"look":[[1,{"rotation":0,"crop":null,"tone":{"brightness":0,"contrast":0,"threshold":null}}]]}');
INSERT INTO history VALUES (2, '{"split":{"page":1,"into":[{"page":4,"crop":{"left":0,"top":0,"width":16,"height":8}},{"page":5,"crop":{"left":0,"top":8,"width":16,"height":8}}]}}', '{"both":[{"remove":[4,5]},{"place":[{"page":1,"after":null,"index":0}]}]}');
INSERT INTO history VALUES (3, '{"delete":[2]}', '{"place":[{"page":2,"after":5,"index":2}]}');
INSERT INTO history VALUES (4, '{"tone":{"pages":[3],"tone":{"brightness":20,"contrast":-5,"threshold":128}}}', '{"look":[[3,{"rotation":0,"crop":null,"tone":{"brightness":0,"contrast":0,"threshold":null}}]]}');
INSERT INTO about VALUES ('began', '1767322645');
INSERT INTO about VALUES ('stands', '4');
INSERT INTO about VALUES ('title', 'Brief');
INSERT INTO about VALUES ('saved_to', '/tmp/x.pdf');
INSERT INTO about VALUES ('saved', '[[1,{"rotation":0,"crop":null,"tone":{"brightness":0,"contrast":0,"threshold":null}}]]');
