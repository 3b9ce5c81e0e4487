-- traces/schema.sql - what a trace file (x.fscope) holds.
-- The manual page fscope(5) tells it in prose. Times are CLOCK_MONOTONIC
-- nanoseconds since the trace's start. Ids are never reused within a trace.

CREATE TABLE meta (                 -- one fact about the whole trace a row
	key TEXT PRIMARY KEY,       -- see fscope(5) for the keys
	value
) WITHOUT ROWID;

CREATE TABLE event_kind (           -- the rows of traces/events.def
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,         -- 'join.begin'
	component TEXT NOT NULL,    -- 'process'
	description TEXT NOT NULL,
	a TEXT NOT NULL,            -- what event.a means
	b TEXT NOT NULL             -- what event.b means
);

CREATE TABLE object_kind (          -- the rows of traces/objects.def
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	python TEXT NOT NULL        -- the class of Python's multiprocessing
);

CREATE TABLE state_kind (           -- the rows of traces/states.def
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	rank INTEGER NOT NULL,      -- the highest wins a cell of the screen
	description TEXT NOT NULL
);

CREATE TABLE object (               -- everything agents act on
	id INTEGER PRIMARY KEY,
	kind INTEGER NOT NULL REFERENCES object_kind(id),
	name TEXT,                  -- as the program named it
	creator_agent_id INTEGER,
	created_ns INTEGER,
	ended_ns INTEGER            -- destroyed; NULL: never, or not seen
);

CREATE TABLE process (              -- id is also the id of its object row
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL,         -- M, M.1, M.2, M.1.1: how it came to be
	pid INTEGER,                -- NULL until it was started
	parent_id INTEGER REFERENCES process(id),
	name TEXT NOT NULL,         -- 'Process-1', or as given
	daemon INTEGER NOT NULL,    -- 1 if it dies with its parent
	created_ns INTEGER,         -- the Process object was made
	started_ns INTEGER,         -- fork
	exited_ns INTEGER,          -- death
	reaped_ns INTEGER,          -- its parent took note; NULL: never
	exitcode INTEGER,           -- as Python: -N if signal N killed it
	ended_by TEXT               -- return exit signal terminate kill daemon
);

CREATE TABLE agent (                -- threads of control
	id INTEGER PRIMARY KEY,
	process_id INTEGER NOT NULL REFERENCES process(id),
	role TEXT NOT NULL,         -- main, thread, feeder, ...
	path TEXT NOT NULL,         -- 'M.1', 'M.1 feeder'
	name TEXT NOT NULL,
	started_ns INTEGER,
	ended_ns INTEGER,
	state INTEGER,              -- present state, while it is open ...
	state_since_ns INTEGER,     -- ... NULL once the agent is over
	state_since_seq INTEGER,
	state_object_id INTEGER,
	events INTEGER NOT NULL DEFAULT 0, -- how many of its events are here
	slots INTEGER NOT NULL DEFAULT 0   -- how many slots of its ring are here
);

CREATE TABLE site (                 -- places in the source
	id INTEGER PRIMARY KEY,
	file TEXT NOT NULL,
	line INTEGER NOT NULL,
	function TEXT NOT NULL
);

CREATE TABLE event (                -- everything that happened
	seq INTEGER PRIMARY KEY,    -- 1, 2, 3, ...: also the order of time
	t_ns INTEGER NOT NULL,
	agent_id INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	object_id INTEGER,
	a INTEGER NOT NULL,
	b INTEGER NOT NULL,
	site_id INTEGER
);

CREATE TABLE event_text (           -- the words of events that have some
	seq INTEGER PRIMARY KEY REFERENCES event(seq),
	text TEXT NOT NULL
);

CREATE TABLE output (               -- lines printed by the program
	seq INTEGER PRIMARY KEY REFERENCES event(seq),
	t_ns INTEGER NOT NULL,
	agent_id INTEGER NOT NULL,
	stream INTEGER NOT NULL,    -- 1 stdout, 2 stderr
	line TEXT NOT NULL,         -- without its newline
	partial INTEGER NOT NULL    -- 1: the line goes on in the next row
);

CREATE TABLE state_interval (       -- what each agent was doing, and when
	agent_id INTEGER NOT NULL,  -- an object's lane: 0x40000000 + its id
	begin_ns INTEGER NOT NULL,
	begin_seq INTEGER NOT NULL,
	end_ns INTEGER NOT NULL,
	end_seq INTEGER NOT NULL,
	state INTEGER NOT NULL,     -- state_kind.id
	object_id INTEGER,          -- what it waited for
	PRIMARY KEY (agent_id, begin_ns, begin_seq)
) WITHOUT ROWID;

CREATE TABLE arrow (                -- what one agent did to another
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,         -- start, join, signal, daemon, ...
	from_agent_id INTEGER NOT NULL,
	from_ns INTEGER NOT NULL,
	from_seq INTEGER NOT NULL,
	to_agent_id INTEGER NOT NULL,
	to_ns INTEGER NOT NULL,
	to_seq INTEGER NOT NULL,
	object_id INTEGER
);
CREATE INDEX arrow_from ON arrow (from_ns);
CREATE INDEX arrow_to ON arrow (to_ns);

CREATE TABLE summary (              -- the same as state_interval, coarser
	level INTEGER NOT NULL,     -- a bucket is 2^(16 + 2 * level) ns wide
	agent_id INTEGER NOT NULL,
	bucket INTEGER NOT NULL,    -- t_ns >> (16 + 2 * level)
	states INTEGER NOT NULL,    -- mask: bit state_kind.id, all that occurred
	state INTEGER NOT NULL,     -- the state at the bucket's end
	events INTEGER NOT NULL,    -- events of this agent in the bucket
	first_seq INTEGER NOT NULL, -- the first of them
	PRIMARY KEY (level, agent_id, bucket)
) WITHOUT ROWID;                    -- only buckets in which events lie

CREATE TABLE knob (                 -- parameters of this run
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL,
	changed INTEGER NOT NULL    -- 1: set from outside
) WITHOUT ROWID;

CREATE TABLE lesson (               -- the lesson this run belongs to
	language TEXT NOT NULL,     -- 'en', 'zh'
	slug TEXT NOT NULL,
	markdown TEXT NOT NULL,     -- the whole narrative
	PRIMARY KEY (language)
) WITHOUT ROWID;

CREATE TABLE source (               -- the program's text, so that a trace
	path TEXT PRIMARY KEY,      -- can be read without the program
	language TEXT NOT NULL,     -- 'c', 'python'
	text TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW span (agent_id, state, begin_ns, end_ns, object_id) AS
	SELECT i.agent_id, k.name, i.begin_ns, i.end_ns, i.object_id
	FROM state_interval AS i JOIN state_kind AS k ON k.id = i.state
	WHERE i.agent_id >> 30 <> 1
	UNION ALL
	SELECT a.id, k.name, a.state_since_ns,
	       (SELECT value FROM meta WHERE key = 'last_ns'),
	       a.state_object_id
	FROM agent AS a JOIN state_kind AS k ON k.id = a.state
	WHERE a.state_since_ns IS NOT NULL;

CREATE VIEW zombie (process_id, begin_ns, end_ns) AS
	SELECT c.id, c.exited_ns,
	       -- reaped by its parent; or by another one, once that was dead
	       coalesce(c.reaped_ns, max(c.exited_ns, p.exited_ns),
	                (SELECT value FROM meta WHERE key = 'last_ns'))
	FROM process AS c LEFT JOIN process AS p ON p.id = c.parent_id
	WHERE c.exited_ns IS NOT NULL AND c.parent_id IS NOT NULL;

-- The events in words, for people with the sqlite3 shell.
CREATE VIEW story (seq, seconds, process, agent, event, object, a, b, text,
                   place) AS
	SELECT e.seq, e.t_ns / 1e9, p.name, g.path, k.name, o.name, e.a, e.b,
	       t.text, s.file || ':' || s.line
	FROM event AS e
	JOIN event_kind AS k ON k.id = e.kind
	LEFT JOIN agent AS g ON g.id = e.agent_id
	LEFT JOIN process AS p ON p.id = g.process_id
	LEFT JOIN object AS o ON o.id = e.object_id
	LEFT JOIN event_text AS t ON t.seq = e.seq
	LEFT JOIN site AS s ON s.id = e.site_id;
