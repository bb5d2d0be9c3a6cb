"""What is installed only when it is asked for."""

from ops import install


def test_a_browser_that_cannot_be_installed_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(install, "find_program", lambda _name: None)
    assert install.browser() is None


def test_a_browser_that_is_there_is_taken_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "find_program", lambda name: f"{tmp_path}/{name}")
    assert install.browser() == f"{tmp_path}/chromium"
