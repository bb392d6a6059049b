import subprocess
import sys
import time
from dataclasses import replace

from calscope.pipeline.processes import Owner


def start_child():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_this_process_is_there_and_reads_back_from_its_token():
    me = Owner.me()
    assert not me.is_gone and Owner.parse(me.token) == me


def test_a_killed_process_is_gone_even_before_it_is_reaped():
    child = start_child()
    owner = Owner.of(child.pid)
    assert not owner.is_gone
    child.kill()
    end = time.monotonic() + 5
    while not owner.is_gone and time.monotonic() < end:
        time.sleep(0.01)
    assert owner.is_gone, "a process that nobody has waited for yet counts as gone"
    child.wait()


def test_a_later_process_with_the_same_number_is_another_one():
    me = Owner.me()
    earlier = replace(me, started=me.started + "0")
    assert earlier.is_gone and not me.is_gone


def test_of_another_machine_nothing_is_known():
    me = Owner.me()
    elsewhere = replace(me, host="deadbeef")
    assert not elsewhere.is_gone and elsewhere.is_foreign and not elsewhere.is_alive_here
    assert not me.is_foreign and me.is_alive_here


def test_other_text_is_no_owner():
    for text in ("", "x", "abc.def.ghi", "abc.12", "abc.12."):
        assert Owner.parse(text) is None, text
