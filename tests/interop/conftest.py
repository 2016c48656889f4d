# SPDX-License-Identifier: BSD-3-Clause
"""What the tests against real peers share: one laboratory with one guest for the whole run."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from appliance import BUILD, MACSECD
from netns import clean_up_on_exit
from peer_lab import PROGRAMS, PeerLab
from supplicant import Agreement


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("these tests make network namespaces: run them as root", 2)
    for program in (MACSECD, PROGRAMS / "macsecd_pn", PROGRAMS / "static_lanes"):
        if not program.exists():
            pytest.exit(f"{program} is not built; run: make build", 2)
    clean_up_on_exit()


@pytest.fixture(scope="session")
def peer_lab(request):
    with PeerLab(BUILD / "interop") as lab:
        request.config.get_terminal_writer().line(f"\n{lab.versions()}")
        yield lab


@pytest.fixture
def lab(peer_lab, request):
    """As new for every test; a failed one shows what both ends have to say."""
    peer_lab.renew()
    yield peer_lab
    if getattr(request.node, "failed", False):
        print(peer_lab.logs())
        print(f"--- guest:\n{peer_lab.guest.console_tail()}")
    peer_lab.stop()


@pytest.fixture
def agreement(lab, request):
    """macsecd and wpa_supplicant at one line; neither runs yet."""
    pair = Agreement(lab)
    yield pair
    if getattr(request.node, "failed", False):
        print(f"--- wpa_supplicant, end of its log:\n{pair.supplicant.log_tail()}")
    elif lab.a.process is not None:
        lab.a.balanced()  # every frame is accounted for, in every test
    pair.supplicant.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed
