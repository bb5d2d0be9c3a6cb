"""The directory's tables, their policies, and the divisions of the province (GB/T 2260)."""

import csv
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from common import migrate, tenancy
from common.tenancy import Policy

revision = "0001"
down_revision = None

DIVISIONS = Path(__file__).parents[2] / "directory" / "data" / "divisions.csv"

TABLES = """
CREATE TABLE division (
    code text COLLATE "C" PRIMARY KEY, name text NOT NULL, level text NOT NULL, parent_code text COLLATE "C" REFERENCES division,
    valid_from date, valid_to date, successor_code text COLLATE "C" REFERENCES division DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT division_level_check CHECK (level IN ('province', 'prefecture', 'county')));

CREATE TABLE enterprise_identity (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, uscc text COLLATE "C" NOT NULL, name text NOT NULL, folded_name text NOT NULL,
    kind text NOT NULL, status text NOT NULL, division_code text COLLATE "C" NOT NULL REFERENCES division, address text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT enterprise_identity_uscc_key UNIQUE (uscc), CONSTRAINT enterprise_identity_region_code_key UNIQUE (region_code, id),
    CONSTRAINT enterprise_identity_status_check CHECK (status IN ('存续', '迁出', '注销', '吊销', '撤销', '停业', '歇业')));
CREATE INDEX enterprise_identity_status_region_code_idx ON enterprise_identity (status, region_code);

CREATE TABLE enterprise (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, size text, industry text NOT NULL, risk_grade text, fingerprint bytea NOT NULL,
    revision int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT enterprise_region_code_key UNIQUE (region_code, id),
    CONSTRAINT enterprise_region_code_fkey FOREIGN KEY (region_code, id) REFERENCES enterprise_identity (region_code, id),
    CONSTRAINT enterprise_size_check CHECK (size IN ('大', '中', '小', '微')),
    CONSTRAINT enterprise_risk_grade_check CHECK (risk_grade IN ('A', 'B', 'C', 'D')));

CREATE TABLE enterprise_gram (
    gram text COLLATE "C" NOT NULL, region_code text COLLATE "C" NOT NULL, enterprise_id uuid NOT NULL,
    PRIMARY KEY (gram, region_code, enterprise_id));

-- The same as rules.firms.bigrams, here so that a sheet sends each name once and not each of its pairs.
CREATE FUNCTION bigrams(folded text) RETURNS SETOF text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT DISTINCT substr(folded, n, 2) FROM generate_series(1, greatest(length(folded) - 1, 1)) AS n
$$;

CREATE TABLE enterprise_product (
    region_code text COLLATE "C" NOT NULL, enterprise_id uuid NOT NULL, product_code text COLLATE "C" NOT NULL,
    PRIMARY KEY (region_code, enterprise_id, product_code),
    CONSTRAINT enterprise_product_region_code_fkey FOREIGN KEY (region_code, enterprise_id) REFERENCES enterprise (region_code, id));
CREATE INDEX enterprise_product_product_code_idx ON enterprise_product (product_code, region_code, enterprise_id);

CREATE TABLE enterprise_contact (
    region_code text COLLATE "C" NOT NULL, enterprise_id uuid NOT NULL, legal_person bytea NOT NULL, phone bytea NOT NULL,
    PRIMARY KEY (region_code, enterprise_id),
    CONSTRAINT enterprise_contact_region_code_fkey FOREIGN KEY (region_code, enterprise_id) REFERENCES enterprise (region_code, id));

CREATE TABLE premises (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, enterprise_region_code text COLLATE "C" NOT NULL, enterprise_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL REFERENCES division, address text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT premises_region_code_key UNIQUE (region_code, id),
    CONSTRAINT premises_enterprise_id_key UNIQUE (enterprise_id, division_code, address),
    CONSTRAINT premises_enterprise_region_code_fkey FOREIGN KEY (enterprise_region_code, enterprise_id)
        REFERENCES enterprise_identity (region_code, id));
CREATE INDEX premises_enterprise_region_code_idx ON premises (enterprise_region_code, enterprise_id);

CREATE TABLE licence (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, enterprise_id uuid NOT NULL, kind text NOT NULL, number text COLLATE "C" NOT NULL,
    scope text NOT NULL, issuer text NOT NULL, valid_from date NOT NULL, valid_to date, status text NOT NULL, status_since date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT licence_region_code_key UNIQUE (region_code, id),
    CONSTRAINT licence_number_key UNIQUE (region_code, kind, number, valid_from),
    CONSTRAINT licence_region_code_fkey FOREIGN KEY (region_code, enterprise_id) REFERENCES enterprise_identity (region_code, id),
    CONSTRAINT licence_kind_check CHECK (kind IN ('SC', 'JY', 'XK', 'CCC', '小作坊')),
    CONSTRAINT licence_status_check CHECK (status IN ('有效', '注销', '撤销', '吊销', '暂扣')));
CREATE INDEX licence_enterprise_id_idx ON licence (enterprise_id);

CREATE TABLE licence_status (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, licence_id uuid NOT NULL, status text NOT NULL, since date NOT NULL,
    reason text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT licence_status_region_code_key UNIQUE (region_code, id),
    CONSTRAINT licence_status_region_code_fkey FOREIGN KEY (region_code, licence_id) REFERENCES licence (region_code, id));
CREATE INDEX licence_status_licence_id_idx ON licence_status (licence_id, since, id);

CREATE TABLE laboratory (
    code text COLLATE "C" PRIMARY KEY, region_code text COLLATE "C" NOT NULL, name text NOT NULL, report_prefix text NOT NULL,
    division_code text COLLATE "C" NOT NULL REFERENCES division, address text NOT NULL, revision int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT laboratory_region_code_key UNIQUE (region_code, code));

CREATE TABLE cma_certificate (
    region_code text COLLATE "C" NOT NULL, laboratory_code text COLLATE "C" NOT NULL, cma_no text COLLATE "C" NOT NULL,
    valid_from date NOT NULL, valid_to date NOT NULL, PRIMARY KEY (laboratory_code, cma_no, valid_from),
    CONSTRAINT cma_certificate_region_code_fkey FOREIGN KEY (region_code, laboratory_code) REFERENCES laboratory (region_code, code),
    CONSTRAINT cma_certificate_period_check CHECK (valid_to >= valid_from));

CREATE TABLE cma_scope (
    region_code text COLLATE "C" NOT NULL, laboratory_code text COLLATE "C" NOT NULL, item text NOT NULL, method text NOT NULL,
    PRIMARY KEY (laboratory_code, item, method),
    CONSTRAINT cma_scope_region_code_fkey FOREIGN KEY (region_code, laboratory_code) REFERENCES laboratory (region_code, code));
"""

#: A public table needs no index for its condition: who asks is checked once a statement, and every query names a firm or a laboratory.
POLICIES = (
    Policy("enterprise_identity", public_when="true"),
    Policy("enterprise"),
    Policy("enterprise_gram", deletable=True),
    Policy("enterprise_product", deletable=True),
    Policy("enterprise_contact"),
    Policy("premises", readers=("region_code", "enterprise_region_code"), inserters=("region_code", "enterprise_region_code")),
    Policy("licence", public_when="true"),
    Policy("licence_status", public_when="true"),
    Policy("laboratory", public_when="true"),
    Policy("cma_certificate", public_when="true", deletable=True),
    Policy("cma_scope", public_when="true", deletable=True),
)


def upgrade() -> None:
    """Create everything and load the divisions."""
    app = migrate.app_role()
    tenancy.install(app, migrate.scope_key())
    tenancy.run_script(TABLES)
    for policy in POLICIES:
        tenancy.protect(policy, app)
    tenancy.share_reference("division", app)
    _load_divisions()


def _load_divisions() -> None:
    days = {"valid_from", "valid_to"}
    with DIVISIONS.open(encoding="utf-8", newline="") as lines:
        rows = [{k: (date.fromisoformat(v) if k in days else v) if v else None for k, v in row.items()} for row in csv.DictReader(lines)]
    # parents first: the codes sort so
    division = sa.table("division", *(sa.column(name, sa.Date if name in days else sa.Text) for name in rows[0]))
    op.bulk_insert(division, sorted(rows, key=lambda row: str(row["code"])))
