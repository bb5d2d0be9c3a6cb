"""Products checked (P01) and requests for replacements of batches without a sample.

`product_check` names no party: it keeps a fingerprint of producer, standard, brand and specification, so that any bureau may ask about a product
that it has before it (O18 art. 7), and nobody can list whom others check.
"""

from common import migrate, tenancy

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE product_check (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, source_region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL,
    fingerprint text NOT NULL, sampled_on date NOT NULL,
    reserved_until timestamptz, -- about to be sealed; empty when the seal has been heard of
    void boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, sample_id), CHECK (starts_with(region_code, source_region_code))
);
CREATE INDEX product_check_fingerprint_idx ON product_check (fingerprint, sampled_on);
CREATE TRIGGER product_check_touch BEFORE UPDATE ON product_check FOR EACH ROW EXECUTE FUNCTION touch();

CREATE TABLE replacement (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, source_region_code text COLLATE "C" NOT NULL, task_id uuid NOT NULL,
    task_no text NOT NULL, sample_id uuid NOT NULL, sample_no text NOT NULL, product_name text NOT NULL, party_name text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('NOT_SAMPLED', 'SAMPLE_REJECTED', 'TEST_IMPOSSIBLE')), reason text NOT NULL, note text NOT NULL,
    happened_on date, state text NOT NULL DEFAULT 'REQUESTED' CHECK (state IN ('REQUESTED', 'GRANTED', 'DECLINED')),
    answer text, drawn_name text, drawn_uscc text, drawn_division_code text, answered_by text, answered_at timestamptz,
    revision int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, sample_id), CHECK (starts_with(region_code, source_region_code)),
    FOREIGN KEY (region_code, task_id) REFERENCES task (region_code, id)
);
CREATE INDEX replacement_region_code_idx ON replacement (region_code, id);
CREATE TRIGGER replacement_touch BEFORE UPDATE ON replacement FOR EACH ROW EXECUTE FUNCTION touch();
"""

POLICIES = (
    tenancy.Policy("product_check", public_when="true", deletable=True),
    tenancy.Policy("replacement", writers=("region_code", "source_region_code"), inserters=("region_code",)),
)


def upgrade() -> None:
    tenancy.run_script(TABLES)
    for policy in POLICIES:
        tenancy.protect(policy, migrate.app_role())
