-- traces/schema_objects.sql - what a trace holds about objects: locks, queues, ...
-- Traces of earlier programs have none of this; recovery adds it.

CREATE TABLE IF NOT EXISTS object_use (           -- the objects that were used
	object_id INTEGER PRIMARY KEY,
	partner_id INTEGER,         -- of a pipe's end: the other one; of a managed
	                            -- object: its manager
	state INTEGER,              -- present state, while it is there ...
	state_since_ns INTEGER,     -- ... the earlier ones are intervals of the
	state_since_seq INTEGER,    -- lane 0x40000000 + object_id
	events INTEGER NOT NULL,
	acquires INTEGER NOT NULL,  -- how often it was taken
	contended INTEGER NOT NULL, -- how often somebody had to wait
	wait_total_ns INTEGER NOT NULL,
	wait_max_ns INTEGER NOT NULL,
	hold_total_ns INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS hold (                 -- who had a lock, from when to when
	object_id INTEGER NOT NULL,
	begin_seq INTEGER NOT NULL,
	begin_ns INTEGER NOT NULL,
	agent_id INTEGER NOT NULL,
	end_ns INTEGER,             -- NULL: has it still
	end_seq INTEGER,
	ended_by TEXT,              -- released other dead end lost
	PRIMARY KEY (object_id, begin_seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS wait (                 -- who had to wait for an object
	object_id INTEGER NOT NULL,
	begin_seq INTEGER NOT NULL,
	begin_ns INTEGER NOT NULL,
	agent_id INTEGER NOT NULL,
	holder_agent_id INTEGER,    -- who had it when the wait began
	end_ns INTEGER,             -- NULL: still waits
	end_seq INTEGER,
	outcome TEXT,               -- taken timeout error killed open
	PRIMARY KEY (object_id, begin_seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS level (                -- how much is in an object from then on
	object_id INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	t_ns INTEGER NOT NULL,
	value INTEGER NOT NULL,     -- permits, items, messages, sleepers,
	                            -- arrivals, a flag, the value itself,
	                            -- how often an array was written
	bytes INTEGER NOT NULL,     -- of queues and pipes
	PRIMARY KEY (object_id, seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS delivery (             -- messages, and items of queues
	sent_seq INTEGER PRIMARY KEY,
	object_id INTEGER NOT NULL, -- the queue; of a pipe the end it goes to
	from_agent_id INTEGER NOT NULL,
	sent_ns INTEGER NOT NULL,
	to_agent_id INTEGER,        -- NULL: nobody ever got it
	received_ns INTEGER,
	received_seq INTEGER,
	bytes INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS pool_task (            -- the tasks of pools that are over
	object_id INTEGER NOT NULL, -- the pool
	id INTEGER NOT NULL,        -- 1, 2, 3, ... in its pool
	job INTEGER NOT NULL,       -- first task of the same map; of an imap itself
	function INTEGER,           -- see the events pool.function
	items INTEGER NOT NULL,     -- how many of a map
	from_agent_id INTEGER NOT NULL, -- who submitted it
	submitted_seq INTEGER NOT NULL,
	submitted_ns INTEGER NOT NULL,
	worker_agent_id INTEGER,    -- NULL: it never began
	started_ns INTEGER,
	ended_ns INTEGER,           -- NULL: it never began, or was cut
	code INTEGER NOT NULL,      -- its error, 0 for none
	outcome TEXT NOT NULL,      -- done error lost cut dropped
	PRIMARY KEY (object_id, id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS pool_task_bad ON pool_task (object_id, id)
	WHERE outcome <> 'done';

CREATE TABLE IF NOT EXISTS collection (           -- results somebody got, the first time
	object_id INTEGER NOT NULL, -- the pool
	job INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	t_ns INTEGER NOT NULL,
	agent_id INTEGER NOT NULL,
	PRIMARY KEY (object_id, job)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS proxy_call (           -- calls to managers that are over
	sent_seq INTEGER NOT NULL,  -- its text is the method
	object_id INTEGER NOT NULL, -- the managed object, or the manager
	number INTEGER NOT NULL,    -- 1, 2, 3, ... of its client
	client_agent_id INTEGER NOT NULL,
	sent_ns INTEGER NOT NULL,
	server_agent_id INTEGER,    -- NULL: nobody of this trace has served it
	began_ns INTEGER,           -- in the server
	ended_ns INTEGER,           -- in the server; NULL: it never did
	returned_ns INTEGER,        -- NULL: it never did
	code INTEGER NOT NULL,      -- its error, 0 for none
	outcome TEXT NOT NULL,      -- done error lost
	PRIMARY KEY (object_id, sent_seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deadlock (             -- agents that could not go on
	id INTEGER PRIMARY KEY,     -- the event that began the last wait
	t_ns INTEGER NOT NULL,      -- since when it is one
	seq INTEGER NOT NULL,
	kind TEXT NOT NULL,         -- ring self dead nobody
	cleared_ns INTEGER          -- somebody opened it after all
);

CREATE TABLE IF NOT EXISTS deadlock_edge (        -- who waits in it, each for the next one
	deadlock_id INTEGER NOT NULL REFERENCES deadlock(id),
	position INTEGER NOT NULL,
	agent_id INTEGER NOT NULL,
	object_id INTEGER,          -- for what
	holder_agent_id INTEGER,    -- by whose doing it would end: of the kind
	                            -- dead a dead one; NULL: not known, or nobody
	site_id INTEGER,            -- where in the source it waits
	wait_seq INTEGER NOT NULL,  -- the event that began the wait
	PRIMARY KEY (deadlock_id, position)
) WITHOUT ROWID;

-- The same of the objects: free, held, contended, empty, ...
CREATE VIEW IF NOT EXISTS object_span (object_id, state, begin_ns, end_ns) AS
	SELECT i.agent_id & 0x3fffffff, k.name, i.begin_ns, i.end_ns
	FROM state_interval AS i JOIN state_kind AS k ON k.id = i.state
	WHERE i.agent_id >> 30 = 1
	UNION ALL
	SELECT u.object_id, k.name, u.state_since_ns,
	       (SELECT value FROM meta WHERE key = 'last_ns')
	FROM object_use AS u JOIN state_kind AS k ON k.id = u.state
	WHERE u.state_since_ns IS NOT NULL;

CREATE VIEW IF NOT EXISTS lock_hold (object_id, agent_id, begin_ns, end_ns) AS
	SELECT object_id, agent_id, begin_ns,
	       coalesce(end_ns, (SELECT value FROM meta WHERE key = 'last_ns'))
	FROM hold;

CREATE VIEW IF NOT EXISTS lock_wait (object_id, agent_id, begin_ns, end_ns, holder_agent_id,
                       outcome) AS
	SELECT w.object_id, w.agent_id, w.begin_ns,
	       coalesce(w.end_ns, (SELECT value FROM meta WHERE key = 'last_ns')),
	       w.holder_agent_id, coalesce(w.outcome, 'open')
	FROM wait AS w JOIN object AS o ON o.id = w.object_id
	WHERE o.kind BETWEEN 2 AND 5;   -- locks and semaphores

CREATE VIEW IF NOT EXISTS message (object_id, from_agent_id, to_agent_id, sent_ns,
                     received_ns, bytes) AS
	SELECT object_id, from_agent_id, to_agent_id, sent_ns, received_ns, bytes
	FROM delivery;

CREATE VIEW IF NOT EXISTS task (id, pool_object_id, submitted_ns, worker_agent_id, started_ns,
                  ended_ns, collected_ns, outcome) AS
	SELECT t.id, t.object_id, t.submitted_ns, t.worker_agent_id,
	       t.started_ns, t.ended_ns, c.t_ns, t.outcome
	FROM pool_task AS t LEFT JOIN collection AS c
	ON c.object_id = t.object_id AND c.job = t.job;

CREATE VIEW IF NOT EXISTS utilisation (agent_id, busy_ns, idle_ns) AS
	SELECT a.id, sum(w.busy_ns),
	       coalesce(a.ended_ns, w.last_ns) - a.started_ns - sum(w.busy_ns)
	FROM (SELECT t.worker_agent_id AS id, l.value AS last_ns,
	             sum(min(coalesce(t.ended_ns, g.ended_ns, l.value),
	                     coalesce(g.ended_ns, l.value))
	                 - t.started_ns) AS busy_ns
	      FROM pool_task AS t JOIN agent AS g ON g.id = t.worker_agent_id
	      JOIN meta AS l ON l.key = 'last_ns'
	      GROUP BY t.worker_agent_id
	      UNION ALL         -- some never had a task
	      SELECT g.id, l.value, 0
	      FROM event AS e JOIN agent AS g ON g.process_id = e.a
	      JOIN meta AS l ON l.key = 'last_ns'
	      WHERE e.kind = 201 AND g.role = 'main') AS w
	JOIN agent AS a ON a.id = w.id GROUP BY a.id;

CREATE VIEW IF NOT EXISTS call (object_id, client_agent_id, server_agent_id, method,
                  sent_ns, returned_ns, began_ns, ended_ns, outcome) AS
	SELECT c.object_id, c.client_agent_id, c.server_agent_id, t.text,
	       c.sent_ns, c.returned_ns, c.began_ns, c.ended_ns, c.outcome
	FROM proxy_call AS c LEFT JOIN event_text AS t ON t.seq = c.sent_seq;

CREATE VIEW IF NOT EXISTS contention (object_id, acquires, contended, wait_total_ns,
                        wait_max_ns, hold_total_ns) AS
	SELECT u.object_id, u.acquires, u.contended, u.wait_total_ns,
	       u.wait_max_ns, u.hold_total_ns
	FROM object_use AS u JOIN object AS o ON o.id = u.object_id
	WHERE o.kind BETWEEN 2 AND 5;
