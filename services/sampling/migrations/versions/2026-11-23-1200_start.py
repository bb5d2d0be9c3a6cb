"""First tables of sampling.

`report_item` has no foreign key to `report`: its 10,000 trigger calls a batch were half the cost of storing (performance.md section 1; measured
again here, see README). Items are only ever inserted together with their report, by one function, and the running role may not delete either;
`report.item_count` lets the ledger check them.
"""

from common import migrate, tenancy

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE sample (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    source_region_code text COLLATE "C" NOT NULL,
    task_id uuid NOT NULL,
    plan_id uuid,
    programme text NOT NULL CONSTRAINT sample_programme_check CHECK (programme IN ('产品', '食品')),
    sample_no text NOT NULL,
    number_issued boolean NOT NULL,
    form jsonb NOT NULL,
    product_code text NOT NULL,
    product_name text NOT NULL,
    stage text NOT NULL CONSTRAINT sample_stage_check CHECK (stage IN ('生产', '流通', '餐饮')),
    sampled_on date NOT NULL,
    assigned_laboratory text NOT NULL,
    laboratory_code text,
    place_region_code text COLLATE "C" NOT NULL,
    period text NOT NULL,
    state text NOT NULL CONSTRAINT sample_state_check CHECK (state IN (
        'PLANNED', 'NOT_SAMPLED', 'REFUSED', 'STOPPED_ILLEGAL', 'SAMPLED', 'IN_TRANSIT', 'SAMPLE_REJECTED', 'RECEIVED', 'TESTING',
        'TEST_IMPOSSIBLE', 'REPORTED', 'CONFORMING', 'NON_CONFORMING', 'PROBLEM', 'NOTIFIED', 'OBJECTED', 'REINSPECTING', 'FINAL', 'PUBLISHABLE')),
    sealed_on date,
    seal_no text,
    reserve_seal_no text,
    received_on date,
    receipt jsonb,
    ended_on date,
    ended_reason text,
    ended_note text,
    effective_report_id uuid,
    revision int NOT NULL DEFAULT 1,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sample_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT sample_region_code_sample_no_key UNIQUE (region_code, sample_no)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX sample_sample_no_idx ON sample (sample_no) WHERE number_issued;
CREATE INDEX sample_laboratory_code_sample_no_idx ON sample (laboratory_code, sample_no) WHERE laboratory_code IS NOT NULL;
CREATE INDEX sample_laboratory_code_id_idx ON sample (laboratory_code, id) WHERE laboratory_code IS NOT NULL;

CREATE TABLE report (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    report_no text NOT NULL,
    version int NOT NULL CONSTRAINT report_version_check CHECK (version >= 1),
    replaces_id uuid,
    content_sha256 text NOT NULL,
    report_class text NOT NULL,
    cma_no text NOT NULL,
    verdict text NOT NULL CONSTRAINT report_verdict_check CHECK (verdict IN ('合格', '不合格', '问题')),
    serious boolean NOT NULL,
    received_on date NOT NULL,
    tested_from date NOT NULL,
    tested_to date NOT NULL,
    issued_on date NOT NULL,
    reported_on date NOT NULL,
    persons jsonb NOT NULL,
    conclusion text NOT NULL,
    lab_verdict text NOT NULL,
    seal_state text NOT NULL,
    sample_state text NOT NULL,
    file_sha256 text,
    file_name text,
    item_count int NOT NULL,
    scheme_id text NOT NULL,
    state text NOT NULL CONSTRAINT report_state_check CHECK (state IN ('ACCEPTED', 'REPLACED')),
    batch_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT report_laboratory_code_report_no_version_key UNIQUE (laboratory_code, report_no, version),
    CONSTRAINT report_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX report_sample_id_idx ON report (sample_id);

CREATE TABLE report_item (
    region_code text COLLATE "C" NOT NULL,
    report_id uuid NOT NULL,
    position int NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    item text NOT NULL,
    result text NOT NULL,
    unit text,
    judgement text NOT NULL,
    method text NOT NULL,
    limit_source text,
    min text,
    max text,
    limit_unit text,
    lod text,
    lod_unit text,
    explanation text NOT NULL,
    CONSTRAINT report_item_pkey PRIMARY KEY (region_code, report_id, position)
);

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    report_id uuid NOT NULL,
    party_role text NOT NULL CONSTRAINT notice_party_role_check CHECK (party_role IN ('seller', 'producer', 'consignor')),
    addressee text NOT NULL,
    method text NOT NULL,
    served_on date NOT NULL,
    receipt_no text,
    signed_by text,
    clock text NOT NULL,
    objection_until date NOT NULL,
    provisional boolean NOT NULL,
    proof jsonb NOT NULL,
    revision int NOT NULL DEFAULT 1,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notice_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT notice_region_code_report_id_party_role_key UNIQUE (region_code, report_id, party_role),
    CONSTRAINT notice_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id),
    CONSTRAINT notice_region_code_report_id_fkey FOREIGN KEY (region_code, report_id) REFERENCES report (region_code, id)
);
CREATE INDEX notice_sample_id_idx ON notice (sample_id);

CREATE TABLE task_progress (
    region_code text COLLATE "C" NOT NULL,
    task_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    quota int NOT NULL,
    taken int NOT NULL CONSTRAINT task_progress_taken_check CHECK (taken >= 0),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, task_id)
);

CREATE TABLE sample_counter (
    region_code text COLLATE "C" NOT NULL,
    prefix text NOT NULL,
    last int NOT NULL CONSTRAINT sample_counter_last_check CHECK (last > 0),
    PRIMARY KEY (region_code, prefix)
);

CREATE TABLE push_batch (
    id uuid PRIMARY KEY,
    laboratory_code text NOT NULL,
    body_sha256 text NOT NULL,
    accepted int NOT NULL,
    unchanged int NOT NULL,
    rejected int NOT NULL,
    receipt text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX push_batch_laboratory_code_id_idx ON push_batch (laboratory_code, id);

CREATE TABLE published_result (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    imported_by text COLLATE "C" NOT NULL,
    kind text NOT NULL CONSTRAINT published_result_kind_check CHECK (kind IN ('product', 'food')),
    source text NOT NULL,
    product_name text NOT NULL,
    sampled_party text NOT NULL,
    producer text NOT NULL,
    verdict text NOT NULL CONSTRAINT published_result_verdict_check CHECK (verdict IN ('合格', '不合格')),
    failed_items text NOT NULL,
    published_on date,
    doubt text NOT NULL,
    original jsonb NOT NULL,
    row_sha256 text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT published_result_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT published_result_region_code_row_sha256_key UNIQUE (region_code, row_sha256)
);
"""

_POLICIES = (
    tenancy.Policy("sample", laboratory="laboratory_code", grant=("sample", "id")),
    tenancy.Policy("report", laboratory="laboratory_code", grant=("sample", "sample_id")),
    tenancy.Policy("report_item", laboratory="laboratory_code", grant=("sample", "sample_id")),
    tenancy.Policy("notice", grant=("sample", "sample_id")),  # laboratories have no part in notices (domain.md 8.2)
    tenancy.Policy("task_progress", laboratory="laboratory_code"),
    tenancy.Policy("sample_counter"),
    tenancy.Policy("push_batch", readers=(), writers=(), laboratory="laboratory_code"),
    tenancy.Policy("published_result", inserters=("imported_by",)),
)


def upgrade() -> None:
    tenancy.install(migrate.app_role(), migrate.scope_key())
    tenancy.run_script(_TABLES)
    for policy in _POLICIES:
        tenancy.protect(policy, migrate.app_role())
