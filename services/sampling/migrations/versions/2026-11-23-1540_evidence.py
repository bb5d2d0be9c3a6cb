"""Evidence files (证据) and documents (文书). The bytes are in the object store under their hash; here is who put them there, for what, and when.

`document_mark` is what anybody may know of a document (domain.md 1.2: nothing personal): bureau, kind, number, day, hash, withdrawn or not. It is
read without login by its code, so it is a table of its own and the policy of `document` stays closed. Templates have nothing to hide and go down
from the province to the county, so everybody reads them.
"""

from common import migrate, tenancy

revision = "0004"
down_revision = "0003"

_TABLES = """
CREATE TABLE evidence (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    kind text NOT NULL,
    sha256 text NOT NULL,
    media_type text NOT NULL,
    byte_size bigint NOT NULL CONSTRAINT evidence_byte_size_check CHECK (byte_size > 0),
    file_name text NOT NULL,
    width int,
    height int,
    taken_at timestamptz NOT NULL,
    latitude numeric(8, 6),
    longitude numeric(9, 6),
    device text NOT NULL,
    note text NOT NULL,
    exif_sealed bytea,
    flags jsonb NOT NULL,
    thumbnail_sha256 text,
    state text NOT NULL CONSTRAINT evidence_state_check CHECK (state IN ('KEPT', 'WITHDRAWN')),
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawn_reason text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT evidence_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT evidence_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX evidence_sample_id_idx ON evidence (sample_id);
CREATE UNIQUE INDEX evidence_sample_id_kind_sha256_idx ON evidence (sample_id, kind, sha256) WHERE state = 'KEPT';

CREATE TABLE document (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    code text NOT NULL,
    issued_on date NOT NULL,
    sha256 text NOT NULL,
    byte_size bigint NOT NULL,
    facts_sha256 text NOT NULL,
    template_sha256 text NOT NULL,
    template_region_code text COLLATE "C",
    state text NOT NULL CONSTRAINT document_state_check CHECK (state IN ('ISSUED', 'WITHDRAWN')),
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawn_reason text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT document_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT document_region_code_number_key UNIQUE (region_code, number),
    CONSTRAINT document_code_key UNIQUE (code),
    CONSTRAINT document_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX document_sample_id_idx ON document (sample_id);

CREATE TABLE document_mark (
    code text PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    issued_on date NOT NULL,
    sha256 text NOT NULL,
    withdrawn_on date,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE document_counter (
    region_code text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    year int NOT NULL,
    last int NOT NULL CONSTRAINT document_counter_last_check CHECK (last > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, kind, year)
);

CREATE TABLE document_template (
    region_code text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    sha256 text NOT NULL,
    revision int NOT NULL DEFAULT 1,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, kind)
);
"""

_POLICIES = (
    tenancy.Policy("evidence", grant=("sample", "sample_id")),  # laboratories work blind: they see no photo of a party
    tenancy.Policy("document", grant=("sample", "sample_id")),
    tenancy.Policy("document_mark", public_when="code > ''"),  # served by the primary key
    tenancy.Policy("document_counter"),
    tenancy.Policy("document_template", public_when="kind > ''", deletable=True),
)


def upgrade() -> None:
    tenancy.run_script(_TABLES)
    for policy in _POLICIES:
        tenancy.protect(policy, migrate.app_role())
