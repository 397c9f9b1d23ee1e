import pytest

from bench.metering import Meter
from bench.pricing import (
    DAYS,
    GB,
    MILLION,
    PROCESSOR,
    Usage,
    dollars,
    item_size,
    lambda_usage,
    log_usage,
    put_units,
    queue_requests,
    read_units,
    slowdown,
    stored_size,
    table_storage,
    write_units,
)

INDEX = ("family_key", "created_key")


def item(**attributes):
    return {"pk": {"S": "p"}, "sk": {"S": "s"}} | {name: {"S": value} for name, value in attributes.items()}


def test_a_million_of_each_costs_what_the_price_list_says():
    usage = Usage({"DynamoDB write units": MILLION, "SQS requests": MILLION, "Step Functions transitions": MILLION})
    assert dollars(usage) == pytest.approx(0.625 + 0.40 + 25)


def test_an_item_weighs_its_names_and_values():
    assert item_size({"pk": {"S": "é"}, "data": {"B": b"12345"}, "rev": {"N": "-12.50"}}) == 2 + 2 + 4 + 5 + 3 + 3


def test_a_set_of_texts_weighs_its_texts():
    assert item_size({"apart": {"SS": ["params", "é"]}}) == 5 + 6 + 2


def test_an_unknown_type_is_refused_rather_than_priced_wrongly():
    with pytest.raises(ValueError, match="NS"):
        item_size({"numbers": {"NS": ["1"]}})


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (400 * 1024, 400)])
def test_a_write_is_charged_by_the_kb_begun(size, units):
    assert write_units(size) == units


@pytest.mark.parametrize(
    ("size", "consistent", "units"), [(0, True, 1), (4096, True, 1), (4097, True, 2), (4097, False, 1)]
)
def test_a_read_is_charged_by_four_kb_begun_and_half_when_eventual(size, consistent, units):
    assert read_units(size, consistent=consistent) == units


def test_replacing_an_item_is_charged_by_the_larger_of_the_two():
    assert put_units(item(doc="x" * 3000), item(doc="x"), ()) == 3


def test_an_index_entry_is_charged_once_when_it_comes_or_goes_and_twice_when_it_moves():
    without, here, there = item(), item(family_key="a", created_key="1"), item(family_key="b", created_key="1")
    assert put_units(None, here, [INDEX]) == 2
    assert put_units(here, without, [INDEX]) == 2
    assert put_units(here, there, [INDEX]) == 3


def test_an_index_entry_that_stays_costs_nothing():
    before, after = (item(family_key="a", created_key="1", doc=doc) for doc in ("old", "new"))
    assert put_units(before, after, [INDEX]) == 1


@pytest.mark.parametrize(("payload", "requests"), [(0, 1), (65_536, 1), (65_537, 2)])
def test_a_queue_request_is_charged_by_64_kb_begun(payload, requests):
    assert queue_requests(payload) == requests


def test_a_function_is_charged_by_memory_and_time():
    assert lambda_usage(10, 80.0, megabytes=128) == {"Lambda requests": 10, "Lambda GB-seconds": 10.0}


def test_a_transaction_is_charged_double():
    meter = Meter(indexes={"by_family": INDEX})
    changes = [{"Put": {"Item": item(family_key="a", created_key="1")}}, {"ConditionCheck": {"Key": item()}}]
    _, usage = meter._TransactWriteItems({"TransactItems": changes}, {})
    assert usage == {"DynamoDB write units": 2 * (2 + 1)}


def test_a_refused_write_is_charged_and_not_remembered():
    meter = Meter(indexes={})
    assert meter._PutItem({"Item": item(doc="x" * 2000)}, {"Error": {}})[1] == {"DynamoDB write units": 2}
    assert meter.items == {}


def test_reading_several_items_rounds_up_each_and_charges_for_missing_ones():
    asked = {"RequestItems": {"t": {"Keys": [item(), item(), item()], "ConsistentRead": True}}}
    _, usage = Meter(indexes={})._BatchGetItem(asked, {"Responses": {"t": [item(doc="x" * 5000), item()]}})
    assert usage == {"DynamoDB read units": 2 + 1 + 1}


def test_a_query_rounds_up_the_sum_of_what_it_reads():
    asked = {"ExpressionAttributeValues": {":low": {"S": "chunk#"}}, "ConsistentRead": True}
    purpose, usage = Meter(indexes={})._Query(asked, {"Items": [item(doc="x" * 3000)] * 3})
    assert (purpose, usage) == ("chunks", {"DynamoDB read units": 3})


def test_what_is_stored_takes_a_hundred_bytes_besides_and_so_does_each_entry_of_an_index():
    bare, listed = item(), item(family_key="a", created_key="1")
    assert stored_size(bare, [INDEX]) == item_size(bare) + 100
    assert stored_size(listed, [INDEX]) == 2 * (item_size(listed) + 100)


def test_a_gigabyte_of_a_table_for_a_month_is_charged_with_its_backup():
    assert dollars(table_storage(GB, DAYS)) == pytest.approx(0.25 + 0.20)


def test_log_lines_are_charged_when_they_come_and_while_they_are_kept():
    assert dollars(log_usage(0, GB, DAYS)) == pytest.approx(0.50 + 0.03)
    assert log_usage(1, 74, 0)["Log GB"] == 100 / GB


@pytest.mark.parametrize(("megabytes", "times"), [(PROCESSOR / 2, 2.0), (PROCESSOR, 1.0), (PROCESSOR * 2, 1.0)])
def test_a_function_computes_by_its_share_of_a_processor(megabytes, times):
    assert slowdown(megabytes) == times


def test_what_was_stored_since_the_count_began_is_what_is_kept():
    meter = Meter(indexes={})
    meter._PutItem({"Item": item(doc="before")}, {})
    meter.reset()
    other = {**item(doc="since"), "sk": {"S": "t"}}
    meter._PutItem({"Item": other}, {})
    assert meter.stored() == item_size(other) + 100
