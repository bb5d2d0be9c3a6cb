"""Divisions may join at run time: planning hears of them from the directory and shares quotas out to them."""

from alembic import op

from common import migrate

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"GRANT INSERT, UPDATE ON executing_division TO {migrate.app_role()}")
