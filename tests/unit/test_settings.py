"""What is written is closed to other accounts, also where an earlier version left it open."""

import os
import stat

import pytest

from hotline.settings import Settings, close_to_others


@pytest.fixture
def umask():
    """Puts the umask of the test run back."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize(("before", "after"), [(0, 0o027), (0o022, 0o027), (0o077, 0o077)])
def test_the_umask_is_closed_and_a_stricter_one_stays(umask, before, after):
    os.umask(before)
    close_to_others()
    assert os.umask(0) == after


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_of_an_earlier_version_is_closed(tmp_path):
    settings = Settings(home=tmp_path, var=tmp_path / "var")
    settings.close()  # not there yet
    settings.raw.mkdir(parents=True)
    link = tmp_path / "link"  # as where var lies on another disk
    link.symlink_to(settings.var)
    for var in (settings.var, link):
        settings.var.chmod(0o755)
        Settings(home=tmp_path, var=var).close()
        assert mode(settings.var) == 0o750


def test_a_folder_that_is_no_installation_or_is_shared_is_left_alone(tmp_path):
    settings = Settings(home=tmp_path, var=tmp_path / "var")
    settings.var.mkdir()
    settings.var.chmod(0o755)
    settings.close()
    assert mode(settings.var) == 0o755
    settings.raw.mkdir()
    settings.var.chmod(0o1777)
    settings.close()
    assert mode(settings.var) == 0o1777
