"""The contracts are the one definition of the feeds: they must be whole and unambiguous."""

import json
from importlib import resources

import pytest
import yaml
from jsonschema import validators

from hotline.contracts import KEYED_PII, load_code_list, load_contract, load_contracts, normalise, senders
from hotline.contracts.documents import columns_table, dictionary, schedule
from hotline.errors import HotlineError
from hotline.settings import Settings

CONTRACTS = load_contracts()


@pytest.fixture(scope="module")
def standard():
    """A validator for the Open Data Contract Standard, from the standard's own package."""
    schema = json.loads((resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))
    return validators.validator_for(schema)(schema)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.feed)
def test_contract_keeps_the_standard(contract, standard):
    text = contract.path.read_text(encoding="utf-8")
    assert [error.message for error in standard.iter_errors(yaml.safe_load(text))] == []
    damaged = yaml.safe_load(text.replace("logicalType: string", "logicalType: words", 1))
    assert list(standard.iter_errors(damaged)), "the validator must be able to object"


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.feed)
def test_contract_is_whole(contract):
    assert contract.path.name == f"{contract.feed}.odcs.yaml"
    assert contract.delivered_by in {"platform", "province"}
    assert contract.key, "a feed without a key cannot be corrected"
    for column in contract.columns:
        assert column.required or column.key_position is None, f"{column.name}: a key column must be required"
        assert (column.stored_as != column.name) == (column.pii in KEYED_PII), column.name
        if column.code_list:
            assert load_code_list(column.code_list).names


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.feed)
def test_no_header_stands_for_two_columns(contract):
    headers = [text for column in contract.columns for text in column.accepted_headers]
    assert len(headers) == len(set(headers))


def test_every_platform_and_the_province_may_send():
    assert len(senders()) == 16
    assert senders()["211100"] == "盘锦"


def test_normalise_folds_width_and_space():
    assert normalise("盘　锦") == "盘锦"
    assert normalise(" １２３２８ 电话") == "12328电话"


def test_a_damaged_contract_is_named(tmp_path):
    path = tmp_path / "tickets.odcs.yaml"
    path.write_text("name: 工单\nversion: 1.0.0\n", encoding="utf-8")
    with pytest.raises(HotlineError, match=r"tickets\.odcs\.yaml cannot be read.*schema"):
        load_contract(path)


def test_the_data_dictionary_is_of_these_contracts():
    page = (Settings.from_environment().home / "docs" / "reference" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == dictionary(CONTRACTS.values()), (
        "run: hotline contract dictionary > docs/reference/data-dictionary.md"
    )


def test_the_warehouse_names_columns_as_the_contracts_do():
    seed = Settings.from_environment().seeds / "contracts" / "feed_columns.csv"
    assert seed.read_text(encoding="utf-8") == columns_table(CONTRACTS.values()), (
        "run: hotline contract columns > dbt/seeds/contracts/feed_columns.csv"
    )


def test_the_warehouse_expects_deliveries_when_these_contracts_say():
    seed = Settings.from_environment().seeds / "contracts" / "feed_schedules.csv"
    expected = schedule(CONTRACTS.values())
    assert seed.read_text(encoding="utf-8") == expected, (
        "run: hotline contract schedule > dbt/seeds/contracts/feed_schedules.csv"
    )
    assert "\nreported_indicators,月度考评指标报送,platform,monthly,14,18:00\n" in expected
