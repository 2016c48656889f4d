-- SPDX-License-Identifier: BSD-3-Clause
-- Pktgen's statistics in both of its shapes. Up to 25.08 portStats takes a second argument and
-- answers the counters themselves; from 26.02 on it takes one and answers them below `curr`. The
-- wrong form raises an error. Beyond the eight counters the newer shape has no rates and no
-- latency, so rates are always computed here from counters and the wall clock.

local stats = {}

-- The eight counters of a port (a number): ipackets opackets ibytes obytes ierrors oerrors
-- rx_nombuf imissed. Raises when pktgen knows no such port, which it says with silence.
function stats.counters(port)
	local answered, all = pcall(pktgen.portStats, tostring(port))
	if not answered then
		all = pktgen.portStats(tostring(port), "port")
	end
	local one = all[tonumber(port)]
	if one == nil then
		error("pktgen has no port " .. port, 0)
	end
	return one.curr or one
end

-- Smallest, mean and greatest latency in microseconds, and the number of probes; nil where this
-- pktgen has no latency for Lua (26.02 and later).
function stats.latency(port)
	if pktgen.pktStats == nil then
		return nil
	end
	local answered, all = pcall(pktgen.pktStats, tostring(port))
	local one = answered and all[tonumber(port)]
	local latency = one and one.latency
	if not latency or not latency.num_pkts then
		return nil
	end
	return {
		min_us = latency.min_us,
		avg_us = latency.avg_us,
		max_us = latency.max_us,
		probes = latency.num_pkts,
	}
end

return stats
