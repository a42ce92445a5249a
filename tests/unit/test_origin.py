"""Simulated deliveries in an installation of real records, and the other way round."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from simulated import simulate
from ticket_files import deliver, ticket_table

from hotline import origin
from hotline.cli import cli
from hotline.definitions import definitions_hash
from hotline.errors import HotlineError
from hotline.ingest import ledger
from hotline.ingest.load import Loader
from hotline.published import deliver as deliver_documents
from hotline.settings import Settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def taken(monkeypatch, settings, said: str | None) -> dict[str, list[tuple[str, str]]]:
    """(status, origin) of every judgement that counts, by feed, after ``hotline ingest --again``."""
    monkeypatch.setenv("HOTLINE_ORIGIN", said) if said else monkeypatch.delenv("HOTLINE_ORIGIN", raising=False)
    done = CliRunner().invoke(cli, ["ingest", "--again", "--json"])
    assert done.exit_code == 0, done.output
    found = {}
    for entry in ledger.read(settings.ledger):
        found.setdefault(entry["feed"], set()).add((entry["status"], entry["origin"]))
    return found


def test_whatever_the_simulator_writes_is_refused_where_records_are_real(settings, monkeypatch):
    simulate(settings.var, months=["2024-09"], scale=0.003)
    deliver_documents(settings, settings.landing)
    documents = {"reported_indicators", "spot_checks", "published_claims"}
    feeds = taken(monkeypatch, settings, None)
    assert len(feeds) > 3 + len(documents)
    assert all(feeds[feed] == {("loaded", "real")} for feed in documents)
    assert all(origins == {"simulated"} for feed, origins in _origins(feeds).items() if feed not in documents)

    # the same files in the same place, and the installation becomes one of real records
    feeds = taken(monkeypatch, settings, "real")
    assert all(found == {("rejected", "simulated")} for feed, found in feeds.items() if feed not in documents)
    assert all(feeds[feed] == {("loaded", "real")} for feed in documents)
    entry = next(entry for entry in ledger.read(settings.ledger) if entry["feed"] == "tickets")
    assert entry["reasons"] == {"file:simulated": 1}
    assert "HOTLINE_ORIGIN=real" in entry["message"] and "模拟数据" in entry["message_zh"]


def _origins(feeds):
    return {feed: {came_from for _, came_from in found} for feed, found in feeds.items()}


@pytest.mark.parametrize("name", ["tickets-simulated.csv", "tickets-20240914-SIMULATED.csv", "tickets-模拟.csv"])
def test_the_name_alone_tells(settings, monkeypatch, name):
    monkeypatch.setenv("HOTLINE_ORIGIN", "real")
    entry, _ = Loader(settings).load(deliver(settings, ticket_table({}), name))
    assert (entry.status, entry.rows_loaded, entry.reasons) == ("rejected", 0, {"file:simulated": 1})


def test_the_check_file_alone_tells(settings, monkeypatch):
    monkeypatch.setenv("HOTLINE_ORIGIN", "real")
    simulate(settings.var, months=["2024-09"], scale=0.003)
    written = next(settings.landing.glob("210100/*/tickets-*.csv"))
    check = json.loads(written.with_name(f"{written.name}.check").read_text(encoding="utf-8"))
    assert check["origin"] == "simulated"
    # in another day's folder: beside the marked file it would be that file's copy
    delivery = deliver(settings, written.read_bytes(), "tickets.csv", day=date(2024, 10, 7))
    assert Loader(settings, dry_run=True).load(delivery)[0].status == "loaded"  # neither name nor check file
    delivery.path.with_name("tickets.csv.check").write_text(json.dumps(check), encoding="utf-8")
    assert Loader(settings).load(delivery)[0].reasons == {"file:simulated": 1}


@pytest.mark.parametrize(
    ("said", "stated", "came_from"),
    [
        ("simulated", None, "simulated"),
        ("simulated", "real", "simulated"),
        ("real", None, "real"),
        ("real", "x", "real"),
    ],
)
def test_no_mark_makes_a_file_real_and_none_makes_it_simulated_but_its_own(
    settings, monkeypatch, said, stated, came_from
):
    monkeypatch.setenv("HOTLINE_ORIGIN", said)
    delivery = deliver(settings, ticket_table({}))
    if stated:
        check = {"rows": 1, "sha256": ledger.hashlib.sha256(delivery.path.read_bytes()).hexdigest(), "origin": stated}
        delivery.path.with_name("tickets.csv.check").write_text(json.dumps(check), encoding="utf-8")
    entry, _ = Loader(settings).load(delivery)
    assert (entry.status, entry.origin) == ("loaded", came_from)


def test_a_file_taken_as_simulated_is_real_only_when_taken_again(settings, monkeypatch):
    deliver(settings, ticket_table({}))
    assert taken(monkeypatch, settings, None) == {"tickets": {("loaded", "simulated")}}
    monkeypatch.setenv("HOTLINE_ORIGIN", "real")
    assert CliRunner().invoke(cli, ["ingest"]).exit_code == 0
    assert [entry["origin"] for entry in ledger.read(settings.ledger)] == ["simulated"]
    assert taken(monkeypatch, settings, "real") == {"tickets": {("loaded", "real")}}


def test_nothing_is_simulated_into_the_landing_folder_of_real_records(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("HOTLINE_ORIGIN", "real")
    arguments = ["simulate", "--months", "2024-09", "--scale", "0.003", "--json"]
    refused = CliRunner().invoke(cli, arguments)
    assert isinstance(refused.exception, HotlineError) or refused.exit_code != 0
    assert not settings.landing.exists()
    assert CliRunner().invoke(cli, [*arguments, "--landing", str(tmp_path / "other")]).exit_code == 0


def test_an_installation_says_one_of_two_words(monkeypatch, settings):
    assert origin.of_installation({}) == origin.of_installation({"HOTLINE_ORIGIN": ""}) == "simulated"
    with pytest.raises(HotlineError, match="neither real nor simulated"):
        origin.of_installation({"HOTLINE_ORIGIN": "Real"})


def test_another_word_of_the_installation_makes_everything_anew(monkeypatch, settings):
    before = definitions_hash(settings)
    monkeypatch.setenv("HOTLINE_ORIGIN", "real")
    assert definitions_hash(settings) != before
