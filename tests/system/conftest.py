# SPDX-License-Identifier: BSD-3-Clause
"""What all system tests share: one laboratory per file, clean appliances for every test."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from appliance import MACSECD
from ctl_cloud import Site
from ibm_caller import IbmCloud
from lab import Lab
from mkpdus import Mkpdus
from netns import clean_up_on_exit
from wire import Pump


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("system tests make network namespaces: run them as root", 2)
    if not MACSECD.exists():
        pytest.exit(f"{MACSECD} is not built; run: make build", 2)
    clean_up_on_exit()


@pytest.fixture(scope="module")
def module_lab(tmp_path_factory):
    capture = tmp_path_factory.mktemp("mkpdus") / "mkpdus.pcap"
    with Lab() as lab, Mkpdus(capture) as mkpdus:
        lab.kept_mkpdus = mkpdus
        yield lab
        mkpdus.add(lab.mkpdus())
        mkpdus.assert_tshark_decodes_all()


@pytest.fixture
def lab(module_lab, request):
    """The file's laboratory; both appliances end with the test; a failed one shows their logs."""
    module_lab.renew()
    yield module_lab
    if getattr(request.node, "failed", False):
        print(module_lab.logs())
    else:
        for end in (module_lab.a, module_lab.b):
            if end.process is not None and end.process.poll() is None:
                end.balanced()  # every frame is accounted for, in every test
    module_lab.stop()
    module_lab.kept_mkpdus.add(module_lab.mkpdus())


@pytest.fixture
def pumps(lab):
    """Makes closed loops in both directions; ends them with the test."""
    made = []

    def begin():
        office, cloud = (lab.spaces["office"], "eth0"), (lab.spaces["cloud"], "eth0")
        made.extend((Pump(office, cloud), Pump(cloud, office)))
        for pump in made:
            pump.start()
        return made
    yield begin
    for pump in made:
        pump.ending.set()


@pytest.fixture(scope="module")
def cloud():
    """The file's local IBM Cloud, which must not have a fault of its own."""
    with IbmCloud() as cloud:
        yield cloud
        assert cloud.log() == ""


@pytest.fixture
def site(cloud, tmp_path):
    """A configuration with keys and a gateway in it."""
    cloud.renew()
    return Site(cloud, tmp_path / "macsecd.yaml")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed
