/**
 * Tables of the ledger.
 *
 * Staged rows are only ever appended, under the number of their snapshot; one pointer on the wholesaler's
 * row makes a snapshot the current one. What was last imported is kept apart and outlives snapshots. All
 * that belongs to a store hangs below its row in `store`; the sequence is one for the whole file, as are
 * jobs. Times are Unix milliseconds.
 */

/** The n-th script brings the schema to version n. Only ever appended to. */
export const ledgerMigrations: readonly string[] = [
  `
  CREATE TABLE sequence (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
  ) STRICT;
  INSERT INTO sequence (id, value) VALUES (1, 0);

  CREATE TABLE store (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE wholesaler (
    id INTEGER PRIMARY KEY,
    store_id INTEGER NOT NULL REFERENCES store (id),
    name TEXT NOT NULL,
    origin TEXT,
    current_snapshot INTEGER,
    complete_records INTEGER,          -- of the last complete snapshot
    complete_products INTEGER,
    complete_fetches INTEGER NOT NULL DEFAULT 0, -- counts unchanged ones too
    unsettled_after TEXT,              -- missing products are yet to be marked after this key; null: all are
    UNIQUE (store_id, name)
  ) STRICT;

  CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wholesaler_id INTEGER NOT NULL REFERENCES wholesaler (id),
    state TEXT NOT NULL CHECK (state IN ('staging', 'committed', 'dropped')),
    first_row INTEGER NOT NULL,        -- its staged rows have ids in this range, maybe among others
    last_row INTEGER NOT NULL,
    sha256 TEXT,                       -- from here on: known when it is committed
    mapping_digest TEXT,
    complete INTEGER,
    file_stamp TEXT,
    etag TEXT,
    last_modified TEXT,
    feed TEXT,                         -- FeedSummary as JSON
    staged_at INTEGER
  ) STRICT;
  CREATE INDEX snapshot_wholesaler ON snapshot (wholesaler_id);

  CREATE TABLE staged (
    id INTEGER PRIMARY KEY,            -- order of the feed
    snapshot_id INTEGER NOT NULL,      -- no REFERENCES: a look-up for each of a million rows
    key TEXT NOT NULL,
    line INTEGER NOT NULL,
    content TEXT NOT NULL,
    offer TEXT NOT NULL,
    images TEXT NOT NULL,
    variants INTEGER NOT NULL,
    images_wanted INTEGER NOT NULL,
    state INTEGER NOT NULL,            -- against imported: 0 unchanged, 1 new, 2 changed
    attempts INTEGER NOT NULL DEFAULT 0, -- how often the store rejected it
    last_job INTEGER                   -- the job that tried it last: none takes a product twice
  ) STRICT;
  CREATE UNIQUE INDEX staged_key ON staged (snapshot_id, key);
  CREATE INDEX staged_pending ON staged (snapshot_id, state, attempts, id, last_job) WHERE state > 0;

  CREATE TABLE staged_body (           -- apart, so that a change of state writes a few bytes and no product
    id INTEGER PRIMARY KEY,            -- of the staged row
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE imported (
    wholesaler_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    store_product_id TEXT NOT NULL,
    content TEXT NOT NULL,             -- fingerprints as last imported; '' to import it again
    offer TEXT NOT NULL,
    images TEXT NOT NULL,
    images_done TEXT,                  -- the images fingerprint whose images are all attached
    batch TEXT,                        -- that wrote it; null: only known to be in the store, never written by us
    missing_since INTEGER,
    missing_fetch INTEGER,             -- number of the complete fetch that lacked it first
    retired TEXT,                      -- how the missing policy took it out of sale
    PRIMARY KEY (wholesaler_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX imported_missing ON imported (wholesaler_id, key) WHERE missing_since IS NOT NULL;
  CREATE INDEX imported_images ON imported (wholesaler_id, key) WHERE images_done IS NOT images;

  CREATE TABLE failure (               -- what a new snapshot takes over of products that were rejected
    wholesaler_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_job INTEGER NOT NULL,
    PRIMARY KEY (wholesaler_id, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE job_fence (
    job_id INTEGER PRIMARY KEY,
    token INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY,
    job_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    wholesaler_id INTEGER NOT NULL REFERENCES wholesaler (id),
    token INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'released')),
    processed INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0,
    UNIQUE (job_id, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_running ON batch (job_id, wholesaler_id, number) WHERE state = 'running';

  CREATE TABLE batch_item (            -- products of running batches, as claimed; each in the batch that took it last
    wholesaler_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    batch_id TEXT NOT NULL REFERENCES batch (id),
    content TEXT NOT NULL,
    offer TEXT NOT NULL,
    images TEXT NOT NULL,
    images_wanted INTEGER NOT NULL,
    PRIMARY KEY (wholesaler_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_item_batch ON batch_item (batch_id);

  CREATE TABLE image (
    store_id INTEGER NOT NULL REFERENCES store (id),
    sha256 TEXT NOT NULL,              -- of the bytes as downloaded
    store_image_id TEXT NOT NULL,
    extension TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (store_id, sha256)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_store_image ON image (store_id, store_image_id);

  CREATE TABLE image_url (
    store_id INTEGER NOT NULL REFERENCES store (id),
    url TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (store_id, url)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_url_sha256 ON image_url (store_id, sha256);

  CREATE TABLE image_failure (
    store_id INTEGER NOT NULL REFERENCES store (id),
    url TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    failed_at INTEGER NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (store_id, url)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE image ADD COLUMN perceptual_hash TEXT;             -- null: not known yet
  ALTER TABLE image ADD COLUMN recipe INTEGER NOT NULL DEFAULT 1; -- version of the processing; 0: not known
  ALTER TABLE image_url ADD COLUMN etag TEXT;
  ALTER TABLE image_url ADD COLUMN last_modified TEXT;
  ALTER TABLE image_url ADD COLUMN first_seen INTEGER;           -- when these bytes were found behind it
  ALTER TABLE image_url ADD COLUMN last_seen INTEGER;
  `,
  // What killed its workers: batches are halved until one product is left, which is quarantined.
  `
  ALTER TABLE batch ADD COLUMN tries INTEGER NOT NULL DEFAULT 1; -- owners that took it and did not put it down
  ALTER TABLE batch ADD COLUMN size INTEGER NOT NULL DEFAULT 0;  -- products it was made of; 0: not known
  ALTER TABLE batch ADD COLUMN part INTEGER NOT NULL DEFAULT 0;  -- made of half of another
  ALTER TABLE batch ADD COLUMN halved INTEGER NOT NULL DEFAULT 0; -- released, its products are in two others

  CREATE TABLE quarantine (            -- products that alone crashed their workers
    wholesaler_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    content TEXT NOT NULL,             -- fingerprint of the content that did it
    lifted INTEGER NOT NULL DEFAULT 0, -- to be tried again
    PRIMARY KEY (wholesaler_id, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE image_failure ADD COLUMN first_failed_at INTEGER;  -- of the failures in a row with this code
  `,
  // Products leave the database for files beside it (`body-files.ts`). What was staged is staged anew.
  `
  UPDATE wholesaler SET current_snapshot = NULL, unsettled_after = NULL;
  DELETE FROM snapshot;
  DROP TABLE staged_body;
  DROP TABLE staged;

  CREATE TABLE staged (
    id INTEGER PRIMARY KEY,            -- order of the feed
    snapshot_id INTEGER NOT NULL,      -- no REFERENCES: a look-up for each of a million rows
    key TEXT NOT NULL,
    line INTEGER NOT NULL,
    content TEXT NOT NULL,
    offer TEXT NOT NULL,
    images TEXT NOT NULL,
    variants INTEGER NOT NULL,
    images_wanted INTEGER NOT NULL,
    body_at INTEGER NOT NULL,          -- where the product begins in the file of its snapshot, and its length
    body_bytes INTEGER NOT NULL,
    state INTEGER NOT NULL,            -- against imported: 0 unchanged, 1 new, 2 changed
    attempts INTEGER NOT NULL DEFAULT 0, -- how often the store rejected it
    last_job INTEGER                   -- the job that tried it last: none takes a product twice
  ) STRICT;
  CREATE UNIQUE INDEX staged_key ON staged (snapshot_id, key);
  CREATE INDEX staged_pending ON staged (snapshot_id, state, attempts, id, last_job) WHERE state > 0;
  `,
  `
  ALTER TABLE imported ADD COLUMN images_given TEXT;  -- marks of what the wholesaler gave it, with spaces between
  `,
  // The highest number that was seen outside when this file was new; null: nobody has looked yet.
  `
  ALTER TABLE sequence ADD COLUMN floor INTEGER;
  UPDATE sequence SET floor = 0 WHERE value > 0;
  `,
  // What becomes of products that left the feed.
  `
  ALTER TABLE wholesaler ADD COLUMN complete_fetched_at INTEGER; -- when the last complete fetch was

  CREATE TABLE rejected_key (          -- products that the feed has although nothing could be made of them
    snapshot_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (snapshot_id, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE retirement (            -- how many a job took out of sale
    job_id INTEGER NOT NULL,
    wholesaler_id INTEGER NOT NULL,
    products INTEGER NOT NULL,
    PRIMARY KEY (job_id, wholesaler_id)
  ) STRICT, WITHOUT ROWID;
  `,
  // How long batches took: Unix milliseconds, null for those of earlier releases.
  `
  ALTER TABLE batch ADD COLUMN claimed_at INTEGER;    -- by the owner that took it last
  ALTER TABLE batch ADD COLUMN finished_at INTEGER;
  CREATE INDEX batch_finished ON batch (finished_at) WHERE finished_at IS NOT NULL;
  `,
  `
  ALTER TABLE wholesaler ADD COLUMN complete_figures TEXT; -- of the last complete snapshot: FeedFigures as JSON
  `,
  // Stagings that keep what has not changed merge into the snapshot they stand on (`merge-snapshot.ts`).
  `
  ALTER TABLE snapshot ADD COLUMN made_by INTEGER;     -- number of the staging that merged into it last; null: its own
  ALTER TABLE snapshot ADD COLUMN products INTEGER;    -- its rows; null: not counted
  ALTER TABLE snapshot ADD COLUMN body_end INTEGER;    -- the bytes of its file before are spoken for; null: all are
  ALTER TABLE snapshot ADD COLUMN body_dead INTEGER NOT NULL DEFAULT 0; -- those of them that no row points to
  ALTER TABLE snapshot ADD COLUMN marks_bytes INTEGER; -- length of its marks; null: it has none

  CREATE TABLE row_range (             -- where rows were merged into a snapshot: further ranges of ids
    snapshot_id INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    last_row INTEGER NOT NULL,
    PRIMARY KEY (snapshot_id, first_row)
  ) STRICT, WITHOUT ROWID;
  `,
  // After a staging that never ended, rows of the next one were noted in the wrong place, and not deleted with it.
  `
  DELETE FROM staged WHERE snapshot_id NOT IN (SELECT id FROM snapshot);
  UPDATE snapshot SET
    first_row = min(first_row, coalesce((SELECT min(s.id) FROM staged s WHERE s.snapshot_id = snapshot.id), first_row)),
    last_row = max(last_row, coalesce((SELECT max(s.id) FROM staged s WHERE s.snapshot_id = snapshot.id), last_row));
  `,
]

/** `staged.state`: how a staged product stands to what was last imported. Above 0: pending. */
export const rowState = { quarantined: -1, unchanged: 0, new: 1, changed: 2 } as const
