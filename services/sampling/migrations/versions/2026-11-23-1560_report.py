"""Corrected reports, quality events, remarks of sheets, files, and the order of the laboratory's queue."""

from common import migrate, tenancy

revision = "0006"
down_revision = "0005"

_TABLES = """
CREATE TABLE correction (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    source_region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    report_id uuid NOT NULL,
    verdict_before text NOT NULL CONSTRAINT correction_verdict_before_check CHECK (verdict_before IN ('合格', '不合格', '问题')),
    verdict_after text NOT NULL CONSTRAINT correction_verdict_after_check CHECK (verdict_after IN ('合格', '不合格', '问题')),
    told boolean NOT NULL,
    reason text NOT NULL,
    laboratory_approver text NOT NULL,
    requested_on date NOT NULL,
    state text NOT NULL CONSTRAINT correction_state_check CHECK (state IN ('REQUESTED', 'APPROVED', 'REFUSED', 'DONE')),
    decided_by text,
    decided_on date,
    decision_note text NOT NULL,
    new_report_id uuid,
    done_on date,
    restarts boolean,
    revision int NOT NULL DEFAULT 1,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT correction_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT correction_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id),
    CONSTRAINT correction_region_code_report_id_fkey FOREIGN KEY (region_code, report_id) REFERENCES report (region_code, id)
);
CREATE UNIQUE INDEX correction_open_idx ON correction (sample_id) WHERE state IN ('REQUESTED', 'APPROVED');
CREATE INDEX correction_sample_id_idx ON correction (sample_id, id);
CREATE INDEX correction_laboratory_code_id_idx ON correction (laboratory_code, id);

CREATE TABLE quality_event (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    source_region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    correction_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT quality_event_kind_check CHECK (kind IN ('VERDICT_CHANGED')),
    detail text NOT NULL,
    opened_on date NOT NULL,
    state text NOT NULL CONSTRAINT quality_event_state_check CHECK (state IN ('OPEN', 'CLOSED')),
    finding text,
    closed_by text,
    closed_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quality_event_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT quality_event_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id),
    CONSTRAINT quality_event_region_code_correction_id_fkey FOREIGN KEY (region_code, correction_id) REFERENCES correction (region_code, id)
);
CREATE INDEX quality_event_sample_id_idx ON quality_event (sample_id);
CREATE INDEX quality_event_laboratory_code_id_idx ON quality_event (laboratory_code, id);

CREATE TABLE report_remark (
    region_code text COLLATE "C" NOT NULL,
    report_id uuid NOT NULL,
    position int NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    note text NOT NULL,
    supervision text NOT NULL,
    monitoring text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_remark_pkey PRIMARY KEY (region_code, report_id, position),
    CONSTRAINT report_remark_region_code_report_id_fkey FOREIGN KEY (region_code, report_id) REFERENCES report (region_code, id)
);

CREATE TABLE report_file (
    region_code text COLLATE "C" NOT NULL,
    report_id uuid NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    sha256 text NOT NULL,
    media text NOT NULL,
    size int NOT NULL CONSTRAINT report_file_size_check CHECK (size > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_file_pkey PRIMARY KEY (region_code, report_id),
    CONSTRAINT report_file_region_code_report_id_fkey FOREIGN KEY (region_code, report_id) REFERENCES report (region_code, id)
);

CREATE INDEX report_urgent_idx ON report (region_code, created_at, id) WHERE report_class = '24小时限时报告';
-- The queue reads the oldest first, and only what still waits: an index of the whole past would be walked from its beginning.
CREATE INDEX sample_queue_receive_idx ON sample (laboratory_code, sealed_on, id) WHERE state IN ('SAMPLED', 'IN_TRANSIT');
CREATE INDEX sample_queue_report_idx ON sample (laboratory_code, received_on, id) WHERE state IN ('RECEIVED', 'TESTING');
"""

_DECIDERS = ("region_code", "source_region_code")
_POLICIES = (
    tenancy.Policy("correction", writers=_DECIDERS, laboratory="laboratory_code", grant=("sample", "sample_id")),
    tenancy.Policy("quality_event", writers=_DECIDERS, laboratory="laboratory_code"),
    tenancy.Policy("report_remark", laboratory="laboratory_code", grant=("sample", "sample_id")),
    tenancy.Policy("report_file", laboratory="laboratory_code", grant=("sample", "sample_id")),
)


def upgrade() -> None:
    tenancy.run_script(_TABLES)
    for policy in _POLICIES:
        tenancy.protect(policy, migrate.app_role())
