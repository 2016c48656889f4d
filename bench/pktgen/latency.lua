-- SPDX-License-Identifier: BSD-3-Clause
-- Latency at RATE per cent of the line (default 50), by pktgen's own probes: 64-octet UDP frames
-- every PROBE_US microseconds whatever the size of the load, so this is a sample under load and not
-- RFC 2544's tagged frame. Only up to pktgen 25.08: later ones give Lua no latency, and the line
-- says so.
package.path = (os.getenv("PKTGEN_LUA") or "bench/pktgen") .. "/?.lua;" .. package.path
local stats = require("stats")
local trial = require("trial")

-- The receiving port keeps the results, and both must be told. After the addresses: the probe
-- copies them.
local function probes(p, state)
	for _, port in ipairs({ tostring(p.tx), tostring(p.rx) }) do
		if state == "on" then
			pktgen.latency(port, "rate", p.probe_us)
		end
		pktgen.latency(port, state)
	end
end

trial.main(function(p)
	for _, size in ipairs(p.sizes) do
		probes(p, "on")
		local r = trial.run(p, size, p.rate)
		local latency = stats.latency(p.rx)
		probes(p, "off")
		local none = latency == nil and "none"
		trial.tell("latency", {
			{ "size", size },
			{ "rate", p.rate },
			{ "probes", none or latency.probes },
			{ "min-us", none or latency.min_us },
			{ "avg-us", none or latency.avg_us },
			{ "max-us", none or latency.max_us },
			{ "lost", r.lost },
			{ "valid", r.is_valid },
		})
	end
end)
