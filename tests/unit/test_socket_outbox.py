"""What one socket is still to be sent, when its client does not keep up."""

import asyncio

import pytest

from strategy_api.runs.sockets.outbox import MOST_EVENTS, MOST_STATES, Item, Outbox, TooSlow


def resync(topic: str, seq: int) -> str:
    return f"resync {topic} {seq}"


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(resync)


async def sent(outbox: Outbox) -> list[str]:
    """Return what is sent until nothing is left."""
    found = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                found.append(await outbox.next())
        except TimeoutError:
            return found


def offer(outbox: Outbox, topic: str, first: int, last: int) -> None:
    for seq in range(first, last + 1):
        outbox.offer(Item(f"{topic} {seq}", topic, seq))


class TestOutbox:
    def test_sends_events_in_order(self, outbox: Outbox) -> None:
        offer(outbox, "a", 1, 100)

        assert asyncio.run(sent(outbox)) == [f"a {seq}" for seq in range(1, 101)]

    def test_sends_the_newest_state_of_each_key_at_the_place_of_the_first(self, outbox: Outbox) -> None:
        outbox.offer_state("x", Item("x old", "a"))
        offer(outbox, "a", 1, 1)
        outbox.offer_state("y", Item("y", "a"))
        outbox.offer_state("x", Item("x new", "a"))

        assert asyncio.run(sent(outbox)) == ["x new", "a 1", "y"]

    def test_that_is_full_says_so_for_each_topic(self, outbox: Outbox) -> None:
        offer(outbox, "a", 1, MOST_EVENTS - 5)
        offer(outbox, "b", 7, 12)

        assert sorted(asyncio.run(sent(outbox))) == [f"resync a {MOST_EVENTS - 5}", "resync b 12"]

    def test_goes_on_behind_a_resync(self, outbox: Outbox) -> None:
        offer(outbox, "a", 1, MOST_EVENTS + 3)

        assert asyncio.run(sent(outbox)) == [
            f"resync a {MOST_EVENTS + 1}",
            f"a {MOST_EVENTS + 2}",
            f"a {MOST_EVENTS + 3}",
        ]

    def test_of_too_many_states_says_so(self, outbox: Outbox) -> None:
        for number in range(MOST_STATES + 1):
            outbox.offer_state(str(number), Item(str(number), "a", 4))

        assert asyncio.run(sent(outbox)) == ["resync a 4"]

    def test_keeps_answers(self, outbox: Outbox) -> None:
        async def fill() -> list[str]:
            await outbox.put(Item("answer"))
            offer(outbox, "a", 1, MOST_EVENTS)
            return await sent(outbox)

        assert asyncio.run(fill()) == ["answer", f"resync a {MOST_EVENTS}"]

    def test_is_given_up_when_it_is_full_twice_in_a_row(self, outbox: Outbox) -> None:
        offer(outbox, "a", 1, 2 * MOST_EVENTS + 1)

        with pytest.raises(TooSlow):
            asyncio.run(sent(outbox))

    def test_is_not_given_up_when_all_was_sent_in_between(self, outbox: Outbox) -> None:
        async def fill() -> list[str]:
            found = []
            for begin in range(3):
                offer(outbox, "a", begin * 300 + 1, begin * 300 + MOST_EVENTS + 1)
                found += await sent(outbox)
            return found

        assert asyncio.run(fill()) == [f"resync a {begin * 300 + MOST_EVENTS + 1}" for begin in range(3)]

    def test_makes_who_asks_wait_for_room(self, outbox: Outbox) -> None:
        async def fill() -> list[str]:
            offer(outbox, "a", 1, MOST_EVENTS)
            asking = asyncio.create_task(outbox.put(Item("answer")))
            await asyncio.sleep(0)
            assert not asking.done()
            found = await sent(outbox)
            await asking
            return found

        assert asyncio.run(fill()) == [*(f"a {seq}" for seq in range(1, MOST_EVENTS + 1)), "answer"]

    def test_frees_who_waits_when_it_is_given_up(self, outbox: Outbox) -> None:
        async def fill() -> None:
            offer(outbox, "a", 1, MOST_EVENTS)
            asking = asyncio.create_task(outbox.put(Item("answer")))
            await asyncio.sleep(0)
            offer(outbox, "a", MOST_EVENTS + 1, 3 * MOST_EVENTS)
            async with asyncio.timeout(1):
                await asking

        with pytest.raises(TooSlow):
            asyncio.run(fill())

    def test_drops_what_is_not_followed_any_more(self, outbox: Outbox) -> None:
        offer(outbox, "a", 1, 2)
        offer(outbox, "b", 1, 1)
        outbox.offer_state("x", Item("x", "a"))
        outbox.forget("a")

        assert asyncio.run(sent(outbox)) == ["b 1"]
