"""What the browser sends on its way to another page does not lead it back to the page that it left."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from calscope.ui.server.page_changes import PageChanges

MOTION, DATA, EXTRACTION = "hash of Motion", "hash of Data", "hash of Extraction"


def asks(page, at, *, fragment="", auto=False, back=False, value=None):
    """What the browser sends for a page while its address is `at`."""
    message = BackMsg()
    asked = message.rerun_script
    asked.page_script_hash, asked.fragment_id = page, fragment
    asked.is_auto_rerun, asked.is_history_navigation = auto, back
    asked.context_info.url = f"http://localhost:8501/lab/{at}?data=x"
    if value is not None:
        asked.widget_states.widgets.add(id="box", double_value=value)
    return {"type": "websocket.receive", "bytes": message.SerializeToString()}


def begins(page, fragment=""):
    """What the server sends when it begins to draw a page, or a fragment of it."""
    message = ForwardMsg()
    message.new_session.page_script_hash = page
    message.metadata.run.script_run_id = "1"
    message.metadata.run.fragment_ids.extend([fragment] if fragment else [])
    return {"type": "websocket.send", "bytes": message.SerializeToString()}


def heard(*course):
    """Give what Streamlit hears of a course of messages from both sides: pages, fragments, and values."""
    found, coming = [], iter(course)

    async def streamlit(scope, receive, send):
        for message in coming:
            if message["type"] == "websocket.send":
                await send(message)
            else:
                await hear(message, receive)

    async def hear(message, receive):
        arrives.append(message)
        end = {"type": "websocket.disconnect"}
        arrives.append(end)
        got = await receive()
        arrives.clear()
        if got is not end:
            found.append(BackMsg.FromString(got["bytes"]).rerun_script)

    arrives = []

    async def receive():
        return arrives.pop(0)

    async def send(message):
        pass

    asyncio.run(PageChanges(streamlit)({"type": "websocket"}, receive, send))
    return [
        (one.page_script_hash, one.fragment_id, [w.double_value for w in one.widget_states.widgets]) for one in found
    ]


ON_MOTION = (asks(MOTION, "motion"), begins(MOTION))
FIRST = (MOTION, "", [])


@pytest.mark.parametrize("begun", [(), (begins(DATA),), (begins(MOTION), begins(DATA))])
def test_a_value_of_the_page_that_was_left_is_taken_on_the_page_that_is_gone_to(begun):
    course = [*ON_MOTION, asks(DATA, "motion"), *begun, asks(MOTION, "motion", fragment="f", value=4.0)]
    assert heard(*course) == [FIRST, (DATA, "", []), (DATA, "", [4.0])]


def test_a_timer_of_the_page_that_was_left_is_not_heard_and_one_of_this_page_is():
    timer = asks(MOTION, "motion", fragment="f", auto=True)
    assert heard(*ON_MOTION, timer, asks(DATA, "motion"), timer) == [FIRST, (MOTION, "f", []), (DATA, "", [])]


def test_a_button_that_leads_to_another_page_leads_there_too():
    course = [*ON_MOTION, asks(MOTION, "motion", value=1.0), begins(EXTRACTION), asks(MOTION, "motion", value=4.0)]
    assert heard(*course)[-1] == (EXTRACTION, "", [4.0])


def test_who_has_arrived_may_go_back_at_once_by_a_link_and_by_the_browser():
    course = [*ON_MOTION, asks(DATA, "motion"), begins(DATA)]
    assert heard(*course, asks(MOTION, "data"))[-1] == FIRST
    assert heard(*course, asks(MOTION, "motion", back=True))[-1] == FIRST
    arrived = [*course, asks(DATA, "data"), asks(MOTION, "data"), begins(MOTION), asks(MOTION, "motion", value=4.0)]
    assert heard(*arrived)[-2:] == [FIRST, (MOTION, "", [4.0])]


def test_a_fragment_of_another_page_that_is_drawn_late_changes_nothing():
    course = [*ON_MOTION, asks(DATA, "motion"), begins(DATA), begins(MOTION, fragment="f")]
    assert heard(*course, asks(MOTION, "motion", value=4.0))[-1] == (DATA, "", [4.0])


def test_what_is_no_message_of_a_page_is_handed_on():
    async def streamlit(scope, receive, send):
        found.append(await receive())

    async def receive():
        return message

    for message in ({"type": "websocket.receive", "bytes": b"\xff\xff"}, {"type": "websocket.connect"}):
        found = []
        asyncio.run(PageChanges(streamlit)({"type": "websocket"}, receive, None))
        assert found == [message]
