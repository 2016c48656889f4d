# SPDX-License-Identifier: BSD-3-Clause
"""bench/pktgen under Debian's Lua, against a stand-in with both shapes of pktgen's statistics."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LUA = ROOT / "bench" / "pktgen"
STANDIN = Path(__file__).with_name("pktgen_standin.lua")
LUAS = [name for name in ("lua5.3", "lua5.4") if shutil.which(name)]

pytestmark = pytest.mark.parametrize("shape", ["old", "new"])


def trials(script, shape, **environment):
    """The RESULT lines of a script as (kind, fields), under each Lua there is, which must agree."""
    assert LUAS, "no Lua interpreter: apt-get install lua5.4"
    outputs = []
    for lua in LUAS:
        done = subprocess.run(
            [lua, STANDIN, LUA / f"{script}.lua"], capture_output=True, text=True, timeout=30,
            env={"PATH": os.environ["PATH"], "PKTGEN_LUA": str(LUA), "SHAPE": shape,
                 **{key: str(value) for key, value in environment.items()}}, check=False)
        assert done.stdout.endswith("QUIT\n"), done.stdout + done.stderr
        outputs.append(done.stdout)
    assert len(set(outputs)) == 1
    return [(line.split()[1], dict(re.findall(r"(\S+)=(\S+)", line)) or line)
            for line in outputs[0].splitlines() if line.startswith("RESULT ")]


def test_throughput(shape):
    """What was sent and came back, when both are all that was asked for."""
    found = trials("throughput", shape, SIZES="64,1518", RATE=50, SECONDS_EACH=2)
    assert [fields["size"] for _, fields in found] == ["64", "1518"]
    for _, fields in found:
        assert fields["valid"] == "true" and fields["lost"] == "0"
        assert fields["tx"] == fields["rx"] and float(fields["offered"]) == pytest.approx(1, 1e-3)
    assert float(found[0][1]["rx-mpps"]) == pytest.approx(7.44, 1e-3)


def test_the_last_second_is_counted(shape):
    """Counters are read after the statistics thread has seen the end."""
    (_, fields), = trials("throughput", shape, SIZES="64", RATE=10, SECONDS_EACH=1)
    assert int(fields["tx"]) == pytest.approx(1488095, 1e-4)


def test_two_ports(shape):
    """Frames leave one port and come in at the other."""
    (_, fields), = trials("throughput", shape, SIZES="64", RATE=10, TXP=0, RXP=1)
    assert fields["lost"] == "0" and int(fields["rx"]) > 0


def test_loss(shape):
    """What the appliance loses is told, and the trial is valid."""
    (_, fields), = trials("throughput", shape, SIZES="64", RATE=50, DUT_PPS=1e6, SECONDS_EACH=2)
    assert fields["valid"] == "true" and int(fields["lost"]) > 10_000_000


def test_slow_generator(shape):
    """A generator that offers less than asked makes the trial invalid."""
    (_, fields), = trials("throughput", shape, SIZES="64", RATE=50, GENERATOR_PPS=1e6)
    assert fields["valid"] == "false"


def test_link_lost(shape):
    """So does a link that went down while frames were sent."""
    (_, fields), = trials("throughput", shape, SIZES="64", RATE=50, SECONDS_EACH=4, BREAK_AT=6)
    assert fields["valid"] == "false"


def test_ceiling(shape):
    """A line at full speed carries that much less when each frame is 32 octets longer."""
    found = trials("throughput", shape, SIZES="64,1518", RATE=1)
    assert float(found[0][1]["ceiling"]) == pytest.approx(100 * 84 / 116, 1e-4)
    assert float(found[1][1]["ceiling"]) == pytest.approx(100 * 1538 / 1570, 1e-4)


@pytest.mark.parametrize("dut_pps", [1e6, 5_432_100])
def test_rfc2544(shape, dut_pps):
    """The search finds the appliance's rate, from below, within a step."""
    (_, fields), = trials("rfc2544", shape, SIZES="64", DUT_PPS=dut_pps, SECONDS_EACH=2, STEPS=16)
    found = float(fields["rate"]) / 100 * 10e9 / (84 * 8)
    assert dut_pps * 0.999 < found <= dut_pps * 1.0001
    assert fields["lost"] == "0" and fields["generator-limit"] == "none"


def test_rfc2544_ceiling(shape):
    """An appliance without a limit passes at the ceiling, in the first trial."""
    (_, fields), = trials("rfc2544", shape, SIZES="64")
    assert float(fields["rate"]) == pytest.approx(float(fields["ceiling"]), 1e-4)


def test_rfc2544_tells_the_generator(shape):
    """Where the generator is the limit, the line says so."""
    (_, fields), = trials("rfc2544", shape, SIZES="64", GENERATOR_PPS=2e6, SECONDS_EACH=2)
    limit = float(fields["generator-limit"]) / 100 * 10e9 / (84 * 8)
    assert limit == pytest.approx(2e6, 0.05)


def test_latency(shape):
    """Told where pktgen has it for Lua, and said where not."""
    (_, fields), = trials("latency", shape, SIZES="64", TXP=0, RXP=1)
    if shape == "old":
        assert fields["probes"] == "500" and fields["avg-us"] == "5"
    else:
        assert fields["probes"] == "none"


@pytest.mark.parametrize("environment, word", [
    ({"LINK_UP_AT": 60}, "link down"),
    ({"MISSING_PORT": 0}, "no port 0"),
    ({"RATE": "fast"}, "RATE is no number"),
    ({"SIZES": "64,big"}, "SIZES"),
])
def test_errors_end_it(shape, environment, word):
    """Each is told in a line, and pktgen is left: it would else wait at its prompt for ever."""
    (kind, line), = trials("throughput", shape, **environment)
    assert kind == "error" and word in line
