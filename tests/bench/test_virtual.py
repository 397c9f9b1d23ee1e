import pytest

from bench.virtual import VirtualClock, VirtualSlots


@pytest.fixture
def clock():
    return VirtualClock(100.0)


def play(clock):
    while clock.step():
        pass


def test_those_who_sleep_do_so_side_by_side(clock):
    woken = []
    for seconds in (3.0, 1.0, 2.0):
        clock.spawn(lambda seconds=seconds: (clock.sleep(seconds), woken.append(clock.now())))
    play(clock)
    assert woken == [101.0, 102.0, 103.0]


def test_a_sleep_with_nothing_beside_it_moves_the_clock(clock):
    clock.sleep(5.0)
    assert clock.now() == 105.0


def test_works_in_slots_take_as_long_together_as_the_longest(clock):
    def worker():
        slots = VirtualSlots(clock)
        for seconds in (1.0, 4.0):
            slots.start(lambda seconds=seconds: clock.sleep(seconds))
        while slots.works:
            slots.wait(10.0)

    clock.spawn(worker)
    play(clock)
    assert clock.now() == 104.0


@pytest.mark.parametrize(("patience", "back"), [(0.5, 100.5), (5.0, 101.0)])
def test_a_wait_ends_with_the_first_work_or_when_its_time_is_over(clock, patience, back):
    at = []

    def worker():
        slots = VirtualSlots(clock)
        slots.start(lambda: clock.sleep(1.0))
        slots.wait(patience)
        at.append(clock.now())

    clock.spawn(worker)
    play(clock)
    assert at == [back]


def test_who_takes_the_processor_holds_the_works_up(clock):
    ended = []

    def worker():
        slots = VirtualSlots(clock)
        slots.start(lambda: (clock.sleep(1.0), ended.append(clock.now())))
        clock.sleep(0.5)
        slots.occupy(0.25)
        slots.wait(10.0)

    clock.spawn(worker)
    play(clock)
    assert ended == [101.25]


def test_a_rest_in_a_work_breaks_off_when_it_is_told_to(clock):
    whole = []

    def worker():
        slots = VirtualSlots(clock)
        slots.start(lambda: whole.append(slots.rest(9.0, lambda: clock.now() > 101.0)))
        slots.wait(100.0)

    clock.spawn(worker)
    play(clock)
    assert (whole, clock.now() < 102.0) == ([False], True)
