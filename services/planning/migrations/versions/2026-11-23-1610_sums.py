"""Sums of items, components without a limit of their own, and limits that exclude their ends."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "ALTER TABLE scheme_item ADD COLUMN min_exclusive boolean NOT NULL DEFAULT false, ADD COLUMN max_exclusive boolean NOT NULL DEFAULT false,"
        " ADD COLUMN sum_of text[] NOT NULL DEFAULT '{}', ADD COLUMN sum_kind text CHECK (sum_kind IN ('total', 'ratio')),"
        " ADD COLUMN sum_below text CHECK (sum_below IN ('zero', 'half', 'bounds')), DROP CONSTRAINT scheme_item_kind_check,"
        " ADD CONSTRAINT scheme_item_kind_check CHECK (kind IN ('numeric', 'qualitative', 'not_detected', 'microbe', 'component'))"
    )
