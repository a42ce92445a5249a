"""What production's files promise can be read off them, without an engine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from hotline.settings import Settings
from hotline.stack.container import GIVEN, SERVICE_GROUP, airflow_config
from hotline.stack.superset import Superset

HOME = Path(__file__).resolve().parents[2]
ENDING = {"airflow-init", "superset-init", "hotline"}
"""Services that do their work and end."""
DATABASES = {"airflow-init", "airflow-api", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"}
SECRET = re.compile(r"pass(word|wd)|secret|_key\b|token|fernet|jwt|conn\b|_uri\b", re.IGNORECASE)
REGISTRY = re.compile(r"https?://|\bindex-url\b|\b(?:pypi|deb\.debian|docker)\.(?:org|io)\b|mirrors?\.", re.IGNORECASE)


def sources(service: dict) -> list[str]:
    return [entry if isinstance(entry, str) else entry["source"] for entry in service.get("secrets", [])]


def mounts(service: dict) -> dict[str, tuple[str, str]]:
    """Source and mode by target."""
    found = {}
    for volume in service.get("volumes", []):
        source, target, *mode = volume.split(":")
        found[target] = (source, mode[0] if mode else "rw")
    return found


# barriers --------------------------------------------------------------------------------------------


def test_every_service_stands_behind_the_same_barriers(services):
    for name, service in services.items():
        uid, gid = service["user"].split(":")
        assert int(uid) > 0 and int(gid) == SERVICE_GROUP, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "pid", "ipc", "network_mode", "devices", "extra_hosts"} & service.keys(), name
        assert not [source for source, _ in mounts(service).values() if "docker.sock" in source or source == "/"], name
        assert all("size=" in entry for entry in service["tmpfs"]), name


def test_every_service_has_limits_and_its_logs_are_turned_over(services):
    for name, service in services.items():
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert 0 < float(service["cpus"]) <= 2, name
        assert service["pids_limit"] > 0, name
        assert service["logging"]["driver"] == "json-file", name
        assert {"max-size", "max-file"} == service["logging"]["options"].keys(), name


def test_servers_start_again_and_are_asked_whether_they_are_well(services):
    for name, service in services.items():
        if name in ENDING:
            assert service["restart"] == "no" and service["healthcheck"] == {"disable": True}, name
        else:
            assert service["restart"] == "unless-stopped", name
            check = service["healthcheck"]
            assert check["test"][0] == "CMD" and {"interval", "timeout", "retries", "start_period"} <= check.keys(), (
                name
            )
            assert not {"true", "exit", "pgrep", "ps"} & set(check["test"]), (
                f"{name}: a service is asked, not its process"
            )


def test_only_the_proxy_has_ports_and_a_way_out(services, composed):
    assert [name for name, service in services.items() if "ports" in service or "expose" in service] == ["proxy"]
    assert [name for name, service in services.items() if service["networks"] != ["inside"]] == ["proxy"]
    assert composed["networks"]["inside"] == {"internal": True}


def test_images_are_built_here(services):
    built = {service["image"] for service in services.values() if "build" in service}
    assert {service["image"] for service in services.values()} == built
    for name, service in services.items():
        if "build" in service:
            assert (HOME / service["build"]["dockerfile"]).is_file(), name
            assert set(service["build"]["args"]) <= {"BASE_IMAGE", "UV_DEFAULT_INDEX", "PIP_INDEX_URL"}, name


def test_a_service_waits_for_what_it_needs(services):
    assert services["exporter"]["depends_on"] == [] == sources(services["exporter"]), "it watches, whatever has failed"
    for name in DATABASES - {"airflow-init"}:
        assert services[name]["depends_on"] == {"airflow-init": {"condition": "service_completed_successfully"}}, name
    assert services["superset-web"]["depends_on"] == {"superset-init": {"condition": "service_completed_successfully"}}
    for name in ENDING:
        assert services[name]["depends_on"] == {"postgres": {"condition": "service_healthy"}}, name


# secrets ---------------------------------------------------------------------------------------------


def test_no_secret_stands_in_an_environment_or_a_command(services, text):
    for name, service in services.items():
        environment = service.get("environment", {})
        assert not [key for key in environment if SECRET.search(key)], name
        assert not re.search(r"://[^/\s]+:[^/\s]+@", str(service)), name
        assert "env_file" not in service, name
    assert not re.search(r"\$\{\w*(PASS|SECRET\b|KEY|TOKEN)\w*[:}]", text)


def test_every_secret_is_a_file_outside_the_images(composed, services):
    used = {source for service in services.values() for source in sources(service)}
    assert used == set(composed["secrets"])
    assert all(entry == {"file": f"./secrets/{name}"} for name, entry in composed["secrets"].items())
    assert (
        "*" in (HOME / ".dockerignore").read_text("utf-8").split() and "/secrets/" in (HOME / ".gitignore").read_text()
    )


def test_each_service_gets_the_secrets_that_it_reads(services):
    """Those of a program's settings, and the key of the callers only where files are taken in."""
    config = airflow_config(Settings(home=HOME, var=Path("/var/lib/hotline")))
    read = set(re.findall(rf"{GIVEN}/(\w+)", config))
    assert len(read) == 4
    for name in DATABASES:
        extra = {"airflow-init": {"airflow_passwords"}, "airflow-scheduler": {"hash_key"}}.get(name, set())
        assert set(sources(services[name])) == read | extra, name
    assert {name for name, service in services.items() if "hash_key" in sources(service)} == {
        "airflow-scheduler",
        "hotline",
    }
    assert {name for name, service in services.items() if "tls_key" in sources(service)} == {"proxy"}
    assert [name for name, service in services.items() if "superset_passwords" in sources(service)] == [
        "superset-init",
        "superset-web",
    ]


def test_airflow_reads_its_secrets_and_holds_none(tmp_path):
    config = airflow_config(Settings(home=HOME, var=tmp_path))
    for option in ("sql_alchemy_conn", "fernet_key", "secret_key", "jwt_secret"):
        assert re.search(rf"^{option}_cmd = cat {GIVEN}/\w+$", config, re.MULTILINE), option
        assert not re.search(rf"^{option} =", config, re.MULTILINE), option
    assert "simple_auth_manager" not in config and "LimitedFabAuthManager" in config


# who may write what ----------------------------------------------------------------------------------


def test_only_who_writes_a_folder_can(services):
    landing = {
        name: mounts(service).get("/var/lib/hotline/landing", ("", "none"))[1] for name, service in services.items()
    }
    assert {name for name, mode in landing.items() if mode == "rw"} == {"airflow-scheduler", "hotline"}
    serving = {
        name: mounts(service).get("/var/lib/hotline/serving", ("", "none"))[1] for name, service in services.items()
    }
    assert serving["superset-web"] == "ro"
    assert {name for name, mode in serving.items() if mode == "rw"} == {"airflow-scheduler", "hotline"}
    reading = {name for name, service in services.items() if "/var/lib/hotline" in mounts(service)}
    assert reading == {"airflow-scheduler", "airflow-triggerer", "hotline"}, "raw data are for the pipeline alone"


def test_all_images_agree_on_users_and_folders(services):
    layout = (HOME / "deploy" / "layout.sh").read_text("utf-8")
    numbers = dict(re.findall(r"^add (\d+) ([\w-]+)", layout, re.MULTILINE))
    assert f"group={SERVICE_GROUP}" in layout
    assert {service["user"].split(":")[0] for service in services.values()} == set(numbers)
    assert re.search(r"airflow 2770 \$var/landing", layout), "who delivers and who reads share a group"
    made = re.findall(r"^folder [\w-]+ \d+ (\S+)", layout, re.MULTILINE)
    targets = {target for service in services.values() for target in mounts(service)}
    assert targets <= {path.replace("$var", "/var/lib/hotline") for path in made}, (
        "a volume gets its owner from the image"
    )


# Dockerfiles -----------------------------------------------------------------------------------------


def test_the_dockerfiles_hold_to_the_rules(dockerfiles):
    assert set(dockerfiles) == {"airflow", "superset", "postgres", "proxy"}
    for name, dockerfile in dockerfiles.items():
        lines = [line for line in dockerfile.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
        words = [line.split() for line in lines]
        assert words[0] == ["ARG", "BASE_IMAGE=hotline/base:bookworm"], name
        assert {word[1] for word in words if word[0] == "FROM"} == {"${BASE_IMAGE}"}, name
        users = [word[1] for word in words if word[0] == "USER"]
        assert users and users[-1].split(":")[1] == str(SERVICE_GROUP) and not users[-1].startswith("0"), name
        assert not [word for word in words if word[0] in ("ADD", "VOLUME", "EXPOSE", "MAINTAINER")], name
        assert not re.search(r"\b(sudo|curl|wget)\b.*\|", dockerfile) and "latest" not in dockerfile, name
        assert not re.search(r"^(ENV|ARG) .*(PASSWORD|SECRET|TOKEN)", dockerfile, re.MULTILINE), name
        assert "apt-get" not in dockerfile, f"{name}: packages.sh installs, and leaves nothing behind"
        for word in words:
            if word[0] in ("CMD", "ENTRYPOINT"):
                assert word[1].startswith("["), f"{name}: a shell would take the signals"
            if word[0] == "COPY" and not word[1].startswith("--from"):
                assert all((HOME / source).exists() for source in word[1:-1]), f"{name}: {word}"


def test_a_user_is_the_same_in_the_image_and_the_compose_file(dockerfiles, services):
    for service in services.values():
        if "build" in service:
            name = Path(service["build"]["dockerfile"]).parent.name
            assert f"\nUSER {service['user']}\n" in dockerfiles[name]


def test_what_is_copied_is_sent_to_the_engine(dockerfiles):
    kept = {line[1:] for line in (HOME / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for name, dockerfile in dockerfiles.items():
        for sources_ in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
            for source in sources_.split():
                assert any(source == entry or source.startswith(f"{entry}/") for entry in kept), f"{name}: {source}"


def test_no_file_names_a_package_registry():
    files = [HOME / "docker-compose.yml", *(path for path in (HOME / "deploy").rglob("*") if path.is_file())]
    for path in files:
        if path.suffix in (".pyc",):
            continue
        text = re.sub(
            r"https?://(127\.0\.0\.1|airflow-api|superset-web|exporter|\$\{HOTLINE_HOST)", "", path.read_text("utf-8")
        )
        text = text.replace("PIP_INDEX_URL", "").replace("X-Forwarded-Proto https", "")
        assert not (found := REGISTRY.search(text)), f"{path.relative_to(HOME)}: {found}"


@pytest.mark.parametrize(
    "script", sorted(path.relative_to(HOME).as_posix() for path in (HOME / "deploy").rglob("*.sh"))
)
def test_scripts_are_shell_and_stop_at_an_error(script):
    text = (HOME / script).read_text("utf-8")
    assert text.startswith("#!/bin/sh\n") and "\nset -eu\n" in text
    assert subprocess.run(["sh", "-n", HOME / script], check=False).returncode == 0


# the proxy and the servers agree ---------------------------------------------------------------------


def test_the_proxy_waits_as_long_as_superset_may_take():
    security = yaml.safe_load((HOME / "superset" / "security.yaml").read_text("utf-8"))["limits"]
    longest = security["patience_seconds"] + max(max(kind.values()) for kind in security["seconds"].values()) + 10
    waits = [
        int(found) for found in re.findall(r"proxy_read_timeout (\d+)s", (HOME / "deploy/proxy/nginx.conf").read_text())
    ]
    assert waits[0] > longest


def test_the_proxy_believes_no_client():
    text = (HOME / "deploy" / "proxy" / "nginx.conf").read_text("utf-8")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text and "proxy_add_x_forwarded_for" not in text
    assert "TLSv1.2 TLSv1.3" in text and "ssl_certificate_key /run/secrets/" in text
    assert not re.search(r"listen \d+\b(?! ssl)", text)


def test_superset_runs_the_same_server_as_the_demonstration(tmp_path):
    service = Superset(Settings(home=HOME, var=tmp_path), 8088)
    bound = [*map(str, service.command("0.0.0.0:8088"))]
    local = [*map(str, service.daemon().command)]
    assert [word for word in bound if ":8088" not in word] == [word for word in local if ":8088" not in word]


# compose itself --------------------------------------------------------------------------------------


def test_compose_takes_the_file(tmp_path):
    programs = [argv for argv in (["docker-compose"], ["docker", "compose"]) if shutil.which(argv[0])]
    programs = [
        argv for argv in programs if not subprocess.run([*argv, "version"], capture_output=True, check=False).returncode
    ]
    if not programs:
        pytest.skip("neither docker-compose nor docker compose is installed here; make compose-test installs one")
    for argv in programs:
        run = subprocess.run([*argv, "--project-directory", HOME, "-f", HOME / "docker-compose.yml", "config", "--quiet"],
                             capture_output=True, text=True, check=False)  # fmt: skip
        assert run.returncode == 0, f"{argv}: {run.stderr}"


def test_an_engine_starts_the_proxy_as_written(engine):
    """The cheapest image that has all barriers: it starts without a right, on a file system that nobody can write."""
    if subprocess.run(["docker", "image", "inspect", "hotline/proxy:dev"], capture_output=True, check=False).returncode:
        pytest.skip("an engine answers, but the images are not built: make images")
    run = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--user", f"10004:{SERVICE_GROUP}",
         "--security-opt", "no-new-privileges", "--tmpfs", "/tmp", "hotline/proxy:dev", "nginx", "-v"],  # noqa: S108
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0 and "nginx version" in run.stderr
