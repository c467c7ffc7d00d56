"""The files for containers and Kubernetes: they parse, and agree with tart and one another."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tart.access.keys import new_key
from tart.access.roles import Role
from tart.cli.main import main
from tart.config.load import load
from tart.config.schema import Config
from tart.control_store import open_store
from tart.gateway.api.contract import ROUTES
from tests.packages.dockerfile import stages

SYSTEMD = Path(__file__).parents[2] / "systemd"
CONTAINER = SYSTEMD / "container"
KUBERNETES = SYSTEMD / "kubernetes"
DOCKERFILE = CONTAINER / "Dockerfile"
BUILD, IMAGE = stages(DOCKERFILE.read_text())
COMPOSE = yaml.safe_load((CONTAINER / "compose.yaml").read_text())
OBJECTS = [
    document
    for path in sorted(KUBERNETES.glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
PODS = [each["spec"]["template"]["spec"] for each in OBJECTS if "template" in each.get("spec", {})]
(SET,) = (each for each in OBJECTS if each["kind"] == "StatefulSet")


def only(stage, word):
    (instruction,) = (each for each in stage if each.word == word)
    return instruction


def port(bind):
    return int(bind.rpartition(":")[2])


PORTS = {port(Config().api.bind), port(Config().telemetry.bind)}


# --- The image ---------------------------------------------------------------------------


def test_the_image_runs_as_a_user_with_a_number_and_without_a_shell():
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", only(IMAGE, "USER").text)
    assert only(IMAGE, "ENTRYPOINT").form() == ["tart"]
    assert only(IMAGE, "CMD").form()[0] == "serve"
    assert only(IMAGE, "HEALTHCHECK").form()[:3] == ["tart", "status", "--alive"]
    assert only(IMAGE, "STOPSIGNAL").text == "SIGTERM"
    assert not [each for each in IMAGE if each.word in ("RUN", "ADD")]
    assert set(map(int, only(IMAGE, "EXPOSE").text.split())) == PORTS


def test_everything_that_is_copied_into_the_image_exists_and_is_not_ignored():
    ignored = (CONTAINER / "Dockerfile.dockerignore").read_text().splitlines()
    admitted = {line[1:] for line in ignored if line.startswith("!")}
    copied = [each.text.split()[:-1] for each in BUILD + IMAGE if each.word == "COPY"]
    sources = [source for each in copied for source in each if "--from=build" not in each]
    assert len(sources) > 5
    for source in sources:
        assert (SYSTEMD.parent / source).exists(), source
        assert source.partition("/")[0] in admitted, source


def test_the_command_of_the_image_is_a_program_whose_python_is_in_the_image():
    command = CONTAINER / "tart"
    assert command.stat().st_mode & 0o111 == 0o111
    assert command.read_text().startswith("#!/opt/tart/bin/tart -I\n")
    assert "--from=build /opt/tart /opt/tart" in [each.text for each in IMAGE]


def test_a_file_system_in_memory_over_the_run_directory_can_be_written_by_the_user():
    # Docker's belongs to root and has the permissions of the folder that it covers.
    (modes,) = (each.text for each in BUILD if each.text.startswith("chmod 1777 "))
    covered = [each for each in COMPOSE["services"]["tart"]["tmpfs"] if each != "/tmp"]
    assert [f"chmod 1777 /data{each}" for each in covered] == [modes]


# --- Compose -----------------------------------------------------------------------------


def test_compose_runs_tart_with_nothing_but_its_data_and_stops_it_after_tart_does():
    tart = COMPOSE["services"]["tart"]
    assert tart["read_only"]
    assert tart["cap_drop"] == ["ALL"]
    assert tart["security_opt"] == ["no-new-privileges:true"]
    assert tart["volumes"] == [f"data:{only(IMAGE, 'VOLUME').text}"]
    assert int(tart["stop_grace_period"].removesuffix("s")) > Config().supervisor.stop_seconds
    assert {port(each) for each in tart["ports"]} == PORTS
    assert (CONTAINER / tart["build"]["context"]).resolve() == SYSTEMD.parent
    assert SYSTEMD.parent / tart["build"]["dockerfile"] == DOCKERFILE


def test_services_of_compose_have_their_volumes_files_and_secrets():
    for name, service in COMPOSE["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        for source in (each.split(":")[0] for each in service.get("volumes", ())):
            named = source in COMPOSE["volumes"]
            assert named or (CONTAINER / source).exists(), (name, source)
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool; Debian: prometheus")
def test_prometheus_takes_the_settings_that_compose_gives_it(tmp_path):
    for source in (CONTAINER / "prometheus.yml", *SYSTEMD.glob("prometheus/tart-*.yml")):
        shutil.copy(source, tmp_path)
    key = tmp_path / "tart_key"
    key.write_text("tart_…")
    settings = tmp_path / "prometheus.yml"
    settings.write_text(settings.read_text().replace("/run/secrets/tart_key", str(key)))
    subprocess.run(["promtool", "check", "config", settings], check=True, capture_output=True)


# --- Kubernetes --------------------------------------------------------------------------


def test_the_objects_of_kubernetes_are_one_of_each_kind_and_in_no_namespace():
    kinds = sorted(each["kind"] for each in OBJECTS)
    expected = ["ConfigMap", "Job", "PersistentVolumeClaim", "Service", "Service", "StatefulSet"]
    assert kinds == expected
    assert not [each for each in OBJECTS if "namespace" in each["metadata"]]
    assert SET["spec"]["replicas"] == 1


def test_the_settings_in_kubernetes_pass_the_check_of_tart(tmp_path, monkeypatch):
    (settings,) = (each for each in OBJECTS if each["kind"] == "ConfigMap")
    path = tmp_path / "config.toml"
    path.write_text(settings["data"]["config.toml"])
    config = load(path)
    # A key, as key.yaml makes it on the volume.
    (tmp_path / "data").mkdir()
    with open_store(tmp_path / "data" / "control.sqlite") as store:
        store.add(new_key("admin", Role.ADMIN, 1)[0])
    monkeypatch.setenv("TART_DATA_DIR", str(tmp_path / "data"))
    assert main(["config", "check", "--config", str(path)]) == 0
    (container,) = SET["spec"]["template"]["spec"]["containers"]
    mounts = {each["mountPath"] for each in container["volumeMounts"]}
    assert {str(config.data_path), str(config.run_path)} <= mounts
    assert container["args"] == only(IMAGE, "CMD").form()
    assert {each["containerPort"] for each in container["ports"]} == PORTS
    assert {port(config.api.bind), port(config.telemetry.bind)} == PORTS


def test_probes_ask_a_route_that_needs_no_key_and_spare_a_long_recovery():
    (container,) = SET["spec"]["template"]["spec"]["containers"]
    roles = {route.path: route.role for route in ROUTES}
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        request = container[name]["httpGet"]
        assert roles[request["path"]] == Role.ANYONE, name
        assert request["port"] in [each["name"] for each in container["ports"]], name
    startup, liveness = container["startupProbe"], container["livenessProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 300
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 120


def test_the_job_that_makes_the_key_runs_beside_the_pod_whose_volume_it_writes():
    (job,) = (each["spec"]["template"]["spec"] for each in OBJECTS if each["kind"] == "Job")
    kind = "requiredDuringSchedulingIgnoredDuringExecution"
    (beside,) = job["affinity"]["podAffinity"][kind]
    assert beside["topologyKey"] == "kubernetes.io/hostname"
    assert beside["labelSelector"] == SET["spec"]["selector"]


@pytest.mark.parametrize("pod", PODS, ids=lambda pod: pod["containers"][0]["name"])
def test_pods_meet_the_restricted_standard_and_get_no_variables_of_services(pod):
    user, group = map(int, only(IMAGE, "USER").text.split(":"))
    security = pod["securityContext"]
    assert security["runAsNonRoot"]
    assert (security["runAsUser"], security["runAsGroup"]) == (user, group)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    # Kubernetes would set TART_API_PORT and others, which tart would take for settings.
    assert pod["enableServiceLinks"] is False
    volumes = {each["name"] for each in pod["volumes"]}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} == container["resources"].keys()
        assert {each["name"] for each in container["volumeMounts"]} <= volumes


def test_the_pod_has_more_time_to_stop_than_tart_takes_and_services_find_it():
    pod = SET["spec"]["template"]
    assert pod["spec"]["terminationGracePeriodSeconds"] > Config().supervisor.stop_seconds
    labels = pod["metadata"]["labels"].items()
    assert SET["spec"]["selector"]["matchLabels"].items() <= labels
    names = {each["name"] for each in pod["spec"]["containers"][0]["ports"]}
    services = [each for each in OBJECTS if each["kind"] == "Service"]
    assert SET["spec"]["serviceName"] in {each["metadata"]["name"] for each in services}
    for service in services:
        assert service["spec"]["selector"].items() <= labels
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= names


@pytest.mark.dist
def test_manifests_match_the_schemas_of_kubernetes(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    pip = [tmp_path / "bin/python", "-m", "pip", "install", "--quiet", "kubernetes-validate"]
    subprocess.run(pip, check=True)
    validate = [tmp_path / "bin/kubernetes-validate", "--strict", *KUBERNETES.glob("*.yaml")]
    done = subprocess.run(validate, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(" passed ") == len(OBJECTS)


# --- Debian ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config", "postinst", "prerm", "postrm"])
def test_maintainer_scripts_are_posix_shell_and_stop_at_errors(name):
    script = SYSTEMD / "debian" / name
    subprocess.run(["sh", "-n", script], check=True)
    assert "set -e\n" in script.read_text()
