# SPDX-License-Identifier: BSD-3-Clause
"""A DPDK virtual device as a port: the line of both appliances is a memif, in no kernel at all."""

from appliance import wait_for


def test_line_is_a_memif(lab):
    """Two appliances on one memif agree on a key; large and small frames cross; nothing is lost."""
    lab.kept_mkpdus.may_be_empty = True
    wire = lab.folder / "wire.sock"
    for end, role, mac in ((lab.a, "server", "02:00:00:00:00:0a"),
                           (lab.b, "client", "02:00:00:00:00:0b")):
        device = f"net_memif0,role={role},id=0,socket={wire},socket-abstract=no,mac={mac}"
        end.configure({"line": f'"{device}"'})
        end.start()
    wait_for("both ends are secured", lambda: lab.a.state() == lab.b.state() == "secured", 30)
    assert lab.a.link()["sci"] == "02000000000a0001"
    before = [end.drops() for end in (lab.a, lab.b)]  # the first MKPDUs found nobody connected
    lab.ping()
    lab.ping(size=1472)
    assert [end.drops() for end in (lab.a, lab.b)] == before
