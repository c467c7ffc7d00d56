"""Errors of files that the command line names."""

import errno
import os

import pytest

from tart.cli.named_files import unreadable, unwritable
from tart.errors import ConfigError, StartupError


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, ConfigError),
        (errno.EACCES, ConfigError),
        (errno.EISDIR, ConfigError),
        (errno.ENOSPC, StartupError),
        (errno.EFBIG, StartupError),
        (errno.EMFILE, StartupError),
    ],
)
def test_a_file_that_cannot_be_written_is_a_fault_of_the_command_line_or_of_the_machine(
    number, kind
):
    error = unwritable("--output f", OSError(number, os.strerror(number), "f"))
    assert type(error) is kind
    assert str(error).startswith("--output f: cannot be written: ")
    assert str(error).count(" f:") == 1


def test_a_file_that_is_not_text_cannot_be_read():
    with pytest.raises(UnicodeDecodeError) as caught:
        b"\xff".decode()
    assert str(unreadable("f", caught.value)) == "f: cannot be read: it is not UTF-8 text"
