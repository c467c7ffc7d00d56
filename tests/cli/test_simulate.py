import socket

import pytest

from tart.cli.main import main
from tart.cli.simulate import summary
from tart.simulate.model.differences import (
    HOST_SPREAD,
    Difference,
    Upgrade,
    shuffled_implementations,
)
from tart.simulate.model.fault_rates import TROUBLED
from tart.simulate.model.in_memory import MIXED
from tart.simulate.run import NodeReport, SimulationOptions, SimulationReport
from tart.units import SECOND_US

REPORT = SimulationReport(
    nodes=(
        NodeReport(events={10: 1_000_000, 11: 5}, bytes_sent=2_000, dropped=7, connections=3),
        NodeReport(events={}, bytes_sent=0, dropped=0, connections=0),
    ),
    seconds=2.04,
    behind_seconds=0.51,
)


@pytest.fixture
def runs(monkeypatch):
    """What the simulator was asked to run; it plays nothing."""
    asked = []
    monkeypatch.setattr("tart.simulate.run.run", lambda options: asked.append(options) or REPORT)
    return asked


def test_every_simulate_argument_reaches_the_simulator(runs, capsys):
    flags = "--target [::1]:9 --nodes 9 --cores 3 --speed 2.5 --duration 4 --seed 5 --protocol 0"

    assert main(["simulate", *flags.split()]) == 0
    assert runs == [SimulationOptions("::1", 9, 9, 3, 2.5, 4.0, 5, 0)]
    assert capsys.readouterr() == (summary(REPORT) + "\n", "")


def test_simulate_defaults_are_those_of_the_simulator(runs):
    assert main(["simulate"]) == 0
    assert runs == [SimulationOptions()]


def test_a_troubled_network_uses_both_protocol_versions_by_default(runs, tmp_path):
    truth = tmp_path / "truth"
    assert main(["simulate", "--troubled", "--truth", str(truth)]) == 0
    assert main(["simulate", "--troubled", "--protocol", "0"]) == 0
    assert runs == [
        SimulationOptions(rates=TROUBLED, protocol=MIXED, truth=truth),
        SimulationOptions(rates=TROUBLED, protocol=0),
    ]


def test_troubles_are_planted(runs, capsys):
    flags = ["--trouble", "node-silent:3@2m+5m", "--trouble", "forks@30s+1h"]
    assert main(["simulate", *flags]) == 0
    assert [(each.name, each.nodes) for each in runs[0].troubles] == [
        ("node-silent", (3,)),
        ("forks", ()),
    ]
    capsys.readouterr()
    assert main(["simulate", "--trouble", "?"]) == 0
    assert "node-silent:NODE " in capsys.readouterr().out
    assert len(runs) == 1


def test_lies_are_planted(runs, capsys):
    flags = ["--lie", "hides-blocks:3@2m+5m", "--lie", "wrong-gas:1,2"]
    assert main(["simulate", *flags]) == 0
    assert [(each.name, each.nodes) for each in runs[0].lies] == [
        ("hides-blocks", (3,)),
        ("wrong-gas", (1, 2)),
    ]
    assert main(["simulate", "--lie", "?"]) == 0
    assert "hides-blocks:NODE " in capsys.readouterr().out
    assert len(runs) == 1


def test_differences_are_planted_on_hosts_that_differ(runs, capsys):
    flags = ["--difference", "sim-beta:import=1.2", "--difference", "sim-delta:lie=wrong-gas"]
    assert main(["simulate", *flags, "--nodes", "40", "--seed", "3"]) == 0
    (options,) = runs
    assert options.differences == (
        Difference("sim-beta", imports=1.2),
        Difference("sim-delta", lie="wrong-gas"),
    )
    assert options.host_spread == HOST_SPREAD
    assert options.implementations == shuffled_implementations(40, 3)
    assert options.upgrades == ()
    assert main(["simulate", "--host-spread", "0.02"]) == 0
    assert (runs[1].differences, runs[1].host_spread) == ((), 0.02)
    assert main(["simulate", "--difference", "?"]) == 0
    assert "lost-assurances=1% " in capsys.readouterr().out
    assert len(runs) == 2


def test_upgrades_are_planted(runs):
    flags = ["--upgrade", "sim-beta/0.4.0@10m+5m", "--difference", "sim-beta/0.4.0:import=0.8"]
    assert main(["simulate", *flags]) == 0
    assert runs[0].upgrades == (Upgrade("sim-beta", "0.4.0", 600 * SECOND_US, 300 * SECOND_US),)
    assert runs[0].differences == (Difference("sim-beta", "0.4.0", imports=0.8),)


def test_addresses_of_rpc_reach_the_simulator(runs):
    assert main(["simulate", "--rpc", "127.0.0.1:19800, [::1]:19801"]) == 0
    assert runs[0].rpc == (("127.0.0.1", 19800), ("::1", 19801))


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--lie", "hides-block:1", "--lie hides-block:1: no lie 'hides-block'; did you mean"),
        ("--lie", "hides-blocks:6", "--lie hides-blocks:6: the nodes of this network are 0 to 5"),
        ("--lie", "hides-blocks", "--lie hides-blocks: is not NAME:NODE or NAME:NODE@START"),
        ("--difference", "sim-bta:import=2", "--difference sim-bta:import=2: no implementation"),
        ("--difference", "sim-beta:imprt=2", "--difference sim-beta:imprt=2: no effect 'imprt'; d"),
        ("--difference", "sim-beta", "--difference sim-beta: is not NAME:EFFECT=VALUE"),
        ("--upgrade", "sim-bta/1@1m", "--upgrade sim-bta/1@1m: no implementation 'sim-bta'; did"),
        ("--upgrade", "sim-beta@1m", "--upgrade sim-beta@1m: is not NAME/VERSION@START"),
        ("--host-spread", "2", "--host-spread: 2 is not between 0 and 1"),
        ("--host-spread", "nan", "--host-spread: nan is not between 0 and 1"),
        ("--rpc", "19800", "--rpc: '19800' is not HOST:PORT"),
        ("--trouble", "forks", "--trouble forks: is not NAME[:NODE]@START+LENGTH"),
        ("--trouble", "fork@1m+1m", "--trouble fork@1m+1m: no trouble 'fork'; did you mean forks?"),
        ("--trouble", "node-silent:6@1m+1m", "--trouble node-silent:6@1m+1m: the nodes of this"),
        ("--target", "nowhere", "--target: 'nowhere' is not HOST:PORT"),
        ("--nodes", "0", "--nodes: 0 is not between 1 and 1023"),
        ("--nodes", "1024", "--nodes: 1024 is not between 1 and 1023"),
        ("--cores", "-1", "--cores: -1 is not between 1 and "),
        ("--speed", "nan", "--speed: nan is not a finite number above 0"),
        ("--duration", "inf", "--duration: inf is not a finite number above 0"),
    ],
)
def test_simulate_arguments_out_of_range_are_one_sentence(runs, capsys, flag, value, sentence):
    assert main(["simulate", f"{flag}={value}"]) == 2
    assert runs == []
    assert capsys.readouterr().err.startswith(f"tart: {sentence}")


def test_the_summary_has_the_totals():
    assert summary(REPORT) == (
        "2 nodes sent 1,000,005 events, 2,000 bytes, in 2.0 s\n"
        "they dropped 7 events and reconnected 2 times; "
        "simulated time was at most 0.5 s behind"
    )


def test_a_simulation_without_a_server_says_so_at_its_end(capsys):
    """The real simulator, against a port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{held.getsockname()[1]}"

        assert main(["simulate", "--target", target, "--nodes", "1", "--duration", "0.01"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    log, sentence = said.err.splitlines()
    assert "node 0 cannot connect, retrying with growing pauses: connection refused" in log
    assert sentence == (
        f"tart: --target {target}: no node could connect: connection refused, so nothing listens "
        "there; start a server with 'tart serve', or name another one"
    )
