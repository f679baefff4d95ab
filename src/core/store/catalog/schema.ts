/**
 * Tables of the embedded catalog.
 *
 * Products and their variants share one table and one number space, as in WooCommerce, and ids are never
 * used twice. Money and quantities are decimal text, times are Unix milliseconds. All rows of a batch, its
 * fence and its results lie in this one file, because SQLite does not commit across files in WAL mode.
 */

/** The n-th script brings the schema to version n. Only ever appended to. */
export const catalogMigrations: readonly string[] = [
  `
  CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER REFERENCES product (id) ON DELETE CASCADE, -- null for a product, else its variant
    position INTEGER NOT NULL,      -- among the variants of one product, from 0
    owner TEXT,                     -- wholesaler; null when none wrote it
    key TEXT,                       -- at the wholesaler, for a variant inside its product
    sku TEXT,
    sku_folded TEXT,                -- what equality is judged by
    status TEXT NOT NULL,           -- publish, draft, private
    name TEXT NOT NULL,             -- empty for a variant
    brand TEXT,
    gtin TEXT,
    mpn TEXT,
    price TEXT,
    sale_price TEXT,
    wholesale_price TEXT,
    stock TEXT,
    in_stock INTEGER,               -- 0, 1
    availability TEXT,
    details TEXT NOT NULL,          -- JSON: all that is only ever read as a whole
    retired TEXT,                   -- JSON: what it was before it was retired
    content TEXT,                   -- fingerprints of what was imported
    offer TEXT,
    images TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX product_key ON product (owner, key) WHERE parent_id IS NULL;
  CREATE UNIQUE INDEX variant_key ON product (parent_id, key) WHERE parent_id IS NOT NULL;
  CREATE UNIQUE INDEX product_sku ON product (sku_folded) WHERE sku_folded IS NOT NULL;

  CREATE TABLE category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER NOT NULL,     -- 0 for a root
    name TEXT NOT NULL,
    UNIQUE (parent_id, name)
  ) STRICT;
  CREATE TABLE product_category (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    category_id INTEGER NOT NULL REFERENCES category (id),
    PRIMARY KEY (product_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE product_attribute (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    is_option INTEGER NOT NULL,     -- 1: tells variants apart
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,            -- JSON list
    PRIMARY KEY (product_id, is_option, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE image (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,    -- of the bytes as downloaded; names the file in the media folder
    extension TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    original_url TEXT NOT NULL,     -- first seen
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE product_image (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,      -- 0 is featured
    image_id INTEGER NOT NULL REFERENCES image (id),
    original_url TEXT NOT NULL,
    alt TEXT,
    PRIMARY KEY (product_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX product_image_image ON product_image (image_id);

  CREATE TABLE job_fence (
    job_id INTEGER PRIMARY KEY,
    token INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE applied_batch (
    batch_id TEXT NOT NULL PRIMARY KEY,
    job_id INTEGER NOT NULL,
    token INTEGER NOT NULL,
    results TEXT NOT NULL,          -- JSON
    applied_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX applied_batch_time ON applied_batch (applied_at);
  `,
  `
  -- How many images it was last given: fewer now means that somebody removed some. Null: never counted.
  ALTER TABLE product ADD COLUMN images_given INTEGER;
  `,
]
