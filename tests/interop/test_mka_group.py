# SPDX-License-Identifier: BSD-3-Clause
"""A group: macsecd and two wpa_supplicants with their kernels' MACsec in one CA (see test_mka.py).

The guest's eth0 is a port of a bridge then, and each wpa_supplicant has a namespace behind another
port of it.
"""

import pytest
from appliance import wait_for
from supplicant import WE_SERVE, Supplicant

ADDRESSES = {"n1": "192.0.2.11", "n2": "192.0.2.12"}
EAPOL_GROUP = 8  # a bridge passes on frames to 01-80-C2-00-00-03 when bit 3 is set


class Group:
    def __init__(self, lab):
        self.lab, self.guest = lab, lab.guest
        self.members = {name: Supplicant(lab.guest, name) for name in ADDRESSES}
        self.guest.run(
            "set -e\n"
            "ip link add br0 type bridge mcast_snooping 0\n"
            f"echo {EAPOL_GROUP} >/sys/class/net/br0/bridge/group_fwd_mask\n"
            "ip link set eth0 master br0\n"
            "ip link set br0 up")
        for number, name in enumerate(ADDRESSES, 1):
            self.guest.run(
                "set -e\n"
                f"ip netns add {name}\n"
                f"ip link add to-{name} mtu 1532 type veth peer name eth0 netns {name}\n"
                f"ip link set to-{name} master br0 up\n"
                f"ip -n {name} link set eth0 address 52:54:00:00:01:{number:02x} mtu 1532 up")

    def close(self):
        for member in self.members.values():
            member.stop()
        self.guest.run("ip link set eth0 nomaster; ip link delete br0; "
                       + "; ".join(f"ip netns delete {name}" for name in ADDRESSES))

    def is_agreed(self):
        """All three are live to each other and transmit with one SAK."""
        key = self.lab.a.key_identifier()
        live = [peer["live"] for peer in self.lab.a.link("mka.show")["peers"]]
        return key and live == [True, True] and all(
            member.status().get("live_peers") == "2" and member.key_identifier() == key
            for member in self.members.values())

    def assert_pairs_with_us(self):
        for name, address in ADDRESSES.items():
            self.members[name].set_address(address)
            self.lab.burst_to(address)


@pytest.fixture
def group(lab, request):
    group = Group(lab)
    yield group
    if getattr(request.node, "failed", False):
        for name, member in group.members.items():
            print(f"--- {name}:\n{member.log_tail()}")
    group.close()


def test_group_of_three(agreement, group, lab):
    """All three agree on one SAK, and we exchange frames with both.

    What the two have between them is not asked: hostap makes receive SAs for the members that it
    hears when a SAK comes, and none for a member that it hears later.
    """
    agreement.configure()
    for member in group.members.values():
        member.start(WE_SERVE)
    lab.a.start()
    wait_for("the group has one SAK", group.is_agreed, 60, every=0.2)
    group.assert_pairs_with_us()
    lab.assert_only_macsec_on_the_line()
