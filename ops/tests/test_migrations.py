from pathlib import Path

from ops import migrations


def _tree(root: Path) -> Path:
    for name in ("services/a/migrations/versions/first.py", "services/b/migrations/versions/first.py", "libs/common/common/migrate.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    return root


def test_a_new_migration_is_noticed_by_its_own_service_only(tmp_path: Path) -> None:
    root = _tree(tmp_path)
    before = [migrations.fingerprint(root, s, "key") for s in "ab"]
    (root / "services/a/migrations/versions/second.py").write_text("y = 1\n")
    after = [migrations.fingerprint(root, s, "key") for s in "ab"]
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_a_change_of_the_common_migrations_concerns_everybody(tmp_path: Path) -> None:
    root = _tree(tmp_path)
    before = [migrations.fingerprint(root, s, "key") for s in "ab"]
    (root / "libs/common/common/migrate.py").write_text("x = 2\n")
    assert all(migrations.fingerprint(root, s, "key") != old for s, old in zip("ab", before, strict=True))


def test_another_scope_key_migrates_again(tmp_path: Path) -> None:
    root = _tree(tmp_path)
    assert migrations.fingerprint(root, "a", "key") != migrations.fingerprint(root, "a", "other")
