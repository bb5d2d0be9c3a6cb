"""The whole sampling form: number blocks per device, personal fields sealed, search by fragment.

A row of `sample` is nearly two kilobytes, so its new version hardly ever fits on the same page and every update writes all indexes anyway (measured:
no HOT update among 200,000). What is left out is what the mass of updates would write for nothing: `sample_state_id_idx` has no conforming batches,
which are most of the table and found at once in the order of `id`.
"""

from common import migrate, tenancy

revision = "0002"
down_revision = "0001"

_TABLES = """
ALTER TABLE sample ADD COLUMN personal bytea, ADD COLUMN party_name text NOT NULL DEFAULT '';
CREATE INDEX sample_task_id_id_idx ON sample (task_id, id);
CREATE INDEX sample_product_code_id_idx ON sample (product_code, id);
CREATE INDEX sample_sampled_on_id_idx ON sample (sampled_on, id);
CREATE INDEX sample_sample_no_c_idx ON sample (sample_no COLLATE "C");
CREATE INDEX sample_period_id_idx ON sample (period, id);
CREATE INDEX sample_state_id_idx ON sample (state, id) WHERE state <> 'CONFORMING';

CREATE TABLE number_block (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    device text NOT NULL,
    prefix text NOT NULL,
    first_serial int NOT NULL,
    last_serial int NOT NULL,
    reserved_by text NOT NULL,
    returned_at timestamptz,
    returned_by text,
    revision int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT number_block_serials_check CHECK (first_serial BETWEEN 1 AND last_serial AND last_serial <= 99999),
    CONSTRAINT number_block_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT number_block_region_code_prefix_first_serial_key UNIQUE (region_code, prefix, first_serial)
);

CREATE TABLE sample_gram (
    gram text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    CONSTRAINT sample_gram_pkey PRIMARY KEY (gram, sample_id, region_code),
    CONSTRAINT sample_gram_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX sample_gram_sample_id_idx ON sample_gram (sample_id);
"""

# Forms that were there before: their party's name as a column, and what they can be found by. The owner role writes past its own policies only so.
_OLD_ROWS = """
ALTER TABLE sample NO FORCE ROW LEVEL SECURITY;
UPDATE sample SET party_name = coalesce(form #>> '{sampled_party,name}', '');
INSERT INTO sample_gram (gram, sample_id, region_code)
SELECT DISTINCT substr(word, place, 2), id, region_code
FROM sample CROSS JOIN LATERAL unnest(ARRAY[product_name, party_name]) AS told
CROSS JOIN LATERAL lower(regexp_replace(normalize(told, NFKC), '\\s', '', 'g')) AS word
CROSS JOIN LATERAL generate_series(1, greatest(length(word) - 1, 1)) AS place WHERE word <> '';
ALTER TABLE sample FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    tenancy.run_script(_TABLES + _OLD_ROWS)
    tenancy.protect(tenancy.Policy("number_block"), migrate.app_role())
    tenancy.protect(tenancy.Policy("sample_gram", deletable=True), migrate.app_role())
