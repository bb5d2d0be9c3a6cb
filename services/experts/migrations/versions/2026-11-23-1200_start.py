"""Pools, experts, draws and duties."""

from common import migrate, tenancy

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE expert (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    pool text NOT NULL CONSTRAINT expert_pool_check CHECK (pool IN ('PRODUCT', 'FOOD', 'LICENCE')),
    state text NOT NULL CONSTRAINT expert_state_check CHECK (
        state IN ('APPLIED', 'REVIEWED', 'PUBLIC_NOTICE', 'ACTIVE', 'SUSPENDED', 'REMOVED', 'EXPIRED')),
    name text NOT NULL,
    sex text NOT NULL CONSTRAINT expert_sex_check CHECK (sex IN ('男', '女')),
    birth_year int NOT NULL,
    unit text NOT NULL,
    unit_uscc text,
    title text NOT NULL,
    specialities text[] NOT NULL,
    residence_code text COLLATE "C" NOT NULL,
    certificate_until date,
    reviewed_on date,
    notice_from date,
    notice_until date,
    term_from date,
    term_to date,
    left_on date,
    barred_until date,
    state_reason text NOT NULL,
    revision int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT expert_region_code_key UNIQUE (region_code, id),
    CONSTRAINT expert_region_code_number_key UNIQUE (region_code, number)
);
CREATE INDEX expert_active_idx ON expert (pool, id) WHERE state = 'ACTIVE';
CREATE INDEX expert_barred_until_idx ON expert (name, birth_year) WHERE barred_until IS NOT NULL;

CREATE TABLE expert_private (
    expert_id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_masked text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT expert_private_region_code_fkey FOREIGN KEY (region_code, expert_id) REFERENCES expert (region_code, id)
);
CREATE INDEX expert_private_region_code_idx ON expert_private (region_code, expert_id);

CREATE TABLE expert_interest (
    expert_id uuid NOT NULL,
    uscc text NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    until date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (expert_id, uscc),
    CONSTRAINT expert_interest_region_code_fkey FOREIGN KEY (region_code, expert_id) REFERENCES expert (region_code, id)
);
CREATE INDEX expert_interest_region_code_idx ON expert_interest (region_code, expert_id);

CREATE TABLE expert_score (
    expert_id uuid NOT NULL,
    year int NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    attendance int NOT NULL CONSTRAINT expert_score_attendance_check CHECK (attendance BETWEEN 0 AND 30),
    quality int NOT NULL CONSTRAINT expert_score_quality_check CHECK (quality BETWEEN 0 AND 40),
    discipline int NOT NULL CONSTRAINT expert_score_discipline_check CHECK (discipline BETWEEN 0 AND 30),
    refusals int NOT NULL,
    total int NOT NULL,
    scored_on date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (expert_id, year),
    CONSTRAINT expert_score_region_code_fkey FOREIGN KEY (region_code, expert_id) REFERENCES expert (region_code, id)
);
CREATE INDEX expert_score_region_code_idx ON expert_score (region_code, expert_id);

CREATE TABLE draw (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    request_id text NOT NULL,
    pool text NOT NULL CONSTRAINT draw_pool_check CHECK (pool IN ('PRODUCT', 'FOOD', 'LICENCE')),
    purpose text NOT NULL,
    size int NOT NULL CONSTRAINT draw_size_check CHECK (size >= 3 AND size % 2 = 1),
    drawn_on date NOT NULL,
    drawn_by text NOT NULL,
    seed bytea NOT NULL,
    commitment text NOT NULL,
    candidates_hash text NOT NULL,
    protocol jsonb NOT NULL,
    revealed_on date,
    revision int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT draw_region_code_key UNIQUE (region_code, id),
    CONSTRAINT draw_region_code_request_id_key UNIQUE (region_code, request_id)
);
CREATE INDEX draw_purpose_idx ON draw (purpose, id);

CREATE TABLE draw_member (
    draw_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    expert_region_code text COLLATE "C" NOT NULL,
    position int NOT NULL,
    spare boolean NOT NULL,
    name text NOT NULL,
    unit text NOT NULL,
    state text NOT NULL CONSTRAINT draw_member_state_check CHECK (state IN ('DRAWN', 'RECUSED', 'REPLACED', 'DECLINED')),
    called_for uuid,
    left_on date,
    left_reason text NOT NULL,
    interest_declared_on date,
    opinion text CONSTRAINT draw_member_opinion_check CHECK (opinion IN ('agree', 'disagree', 'abstain')),
    opinion_text text NOT NULL,
    opinion_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (draw_id, expert_id),
    CONSTRAINT draw_member_draw_id_position_key UNIQUE (draw_id, position),
    CONSTRAINT draw_member_region_code_fkey FOREIGN KEY (region_code, draw_id) REFERENCES draw (region_code, id),
    CONSTRAINT draw_member_expert_region_code_fkey FOREIGN KEY (expert_region_code, expert_id) REFERENCES expert (region_code, id)
);
CREATE INDEX draw_member_region_code_idx ON draw_member (region_code, draw_id);
CREATE INDEX draw_member_expert_id_idx ON draw_member (expert_id);

CREATE TABLE duty (
    draw_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    drawn_on date NOT NULL,
    refused boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (draw_id, expert_id),
    CONSTRAINT duty_region_code_fkey FOREIGN KEY (region_code, draw_id) REFERENCES draw (region_code, id)
);
CREATE INDEX duty_region_code_idx ON duty (region_code, draw_id);
CREATE INDEX duty_expert_id_idx ON duty (expert_id, drawn_on);
"""

#: Interests and duties are open to every drawer because recusal cannot be decided without them; no route shows them to other bureaus.
POLICIES = (
    tenancy.Policy("expert", public_when="state = 'ACTIVE'"),
    tenancy.Policy("expert_private"),
    tenancy.Policy("expert_interest", public_when="true"),
    tenancy.Policy("expert_score"),
    tenancy.Policy("draw"),
    tenancy.Policy("draw_member"),
    tenancy.Policy("duty", public_when="true"),
)


def upgrade() -> None:
    tenancy.install(migrate.app_role(), migrate.scope_key())
    tenancy.run_script(TABLES)
    for policy in POLICIES:
        tenancy.protect(policy, migrate.app_role())
