"""``tart grafana``: writes the Grafana dashboards and the files that provision them."""

from __future__ import annotations

import argparse
from pathlib import Path

from tart.cli.json_output import add_json, print_json
from tart.cli.named_files import unwritable
from tart.cli.render.documents import FilesDocument
from tart.config.addresses import is_url
from tart.dashboards.files import PROMETHEUS_URL, provisioning_files
from tart.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "directory",
        type=Path,
        metavar="DIR",
        help="Grafana's provisioning folder, as a rule /etc/grafana/provisioning; any other folder "
        "to import dashboards/tart/*.json by hand",
    )
    parser.add_argument(
        "--prometheus-url",
        default=PROMETHEUS_URL,
        metavar="URL",
        help="where Grafana reaches Prometheus (default: %(default)s)",
    )
    parser.add_argument(
        "--no-datasource",
        action="store_true",
        help="write no data source: Grafana has this Prometheus already",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the files and return the exit code.

    Raises:
        ConfigError: The URL is not one, or a file cannot be written.
        StartupError: The disk is full.
    """
    url: str = arguments.prometheus_url
    if not is_url(url):
        raise ConfigError(f"--prometheus-url {url}: must be http://HOST:PORT or https://HOST")
    directory: Path = arguments.directory.absolute()
    written: list[str] = []
    for name, text in provisioning_files(str(directory), url).items():
        if arguments.no_datasource and name.startswith("datasources/"):
            continue
        path = directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as error:
            raise unwritable(path, error) from None
        written.append(str(path))
    if arguments.json:
        print_json(FilesDocument(files=written))
        return 0
    print(*written, sep="\n")
    print("Next: restart Grafana, or import dashboards/tart/*.json on its page; docs/grafana.md")
    return 0
