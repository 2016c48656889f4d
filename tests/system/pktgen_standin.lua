-- SPDX-License-Identifier: BSD-3-Clause
-- A stand-in for pktgen with an appliance behind it: the API that bench/pktgen uses, in both shapes
-- of its statistics, on a clock of its own. Usage: lua pktgen_standin.lua SCRIPT
--
-- Environment: SHAPE (old: up to 25.08, new: from 26.02), DUT_PPS (the appliance loses what is
-- above), GENERATOR_PPS (the generator offers no more), LINK_UP_AT (seconds), MISSING_PORT (has no
-- counters), BREAK_AT (seconds: the link goes down).

local function env(name, default)
	return tonumber(os.getenv(name) or "") or default
end

local shape = os.getenv("SHAPE") or "new"
local dut_pps = env("DUT_PPS", 1e12)
local generator_pps = env("GENERATOR_PPS", 1e12)
local link_up_at = env("LINK_UP_AT", 1)
local break_at = env("BREAK_AT", 1e12)
local missing_port = env("MISSING_PORT", -1)

-- The clock: only sleeping moves it.
local clock = 100.0
os.execute = function(command)
	clock = clock + assert(tonumber(command:match("^sleep ([%d.]+)$")), command)
	return true
end
local open = io.open
io.open = function(path, mode)
	if path ~= "/proc/uptime" then
		return open(path, mode)
	end
	local text = string.format("%.2f", clock)
	return { read = function() return tonumber(text) end, close = function() end }
end

local settings = { size = 64, rate = 100, count = 0 }
local tx, rx, base_tx, base_rx = 0, 0, 0, 0
local started, probing = nil, {}
local seen = { at = 0, tx = 0, rx = 0 } -- what the statistics thread saw last

local function target_pps()
	return settings.rate / 100 * 10e9 / ((settings.size + 20) * 8)
end

local function count()
	if started then
		local sent = math.min(target_pps(), generator_pps)
		tx = base_tx + math.floor(sent * (clock - started))
		rx = base_rx + math.floor(math.min(sent, dut_pps) * (clock - started))
	end
end

-- The statistics thread looks once a second, and what lies between is not seen.
local function look()
	count()
	if not started and clock - seen.at >= 1 then
		seen = { at = clock, tx = tx, rx = rx }
	end
end

local function fields(port)
	look()
	local is_rx = tonumber(port) == env("RXP", env("TXP", 0))
	local is_tx = tonumber(port) == env("TXP", 0)
	return {
		opackets = is_tx and seen.tx or 0, ipackets = is_rx and seen.rx or 0, obytes = 0,
		ibytes = 0, ierrors = 0, oerrors = 0, rx_nombuf = 0, imissed = 0,
	}
end

local known = { size = true, rate = true, count = true, burst = true, sport = true, dport = true }

pktgen = {
	linkState = function(port)
		local is_up = clock >= 100 + link_up_at and clock < 100 + break_at
		return { n = 1, [tonumber(port)] = is_up and "<UP-10000-FD>" or "<--Down-->" }
	end,
	set = function(_, key, value)
		assert(known[key], "set: unknown key " .. key)
		settings[key] = value
	end,
	set_mac = function(_, which, mac)
		assert(which == "dst" and #mac == 17)
	end,
	set_ipaddr = function(_, which, address)
		assert((which == "src") == (address:find("/", 1, true) ~= nil))
	end,
	set_proto = function(_, protocol)
		assert(protocol == "udp")
	end,
	clr = function()
		assert(not started, "cleared while sending")
		tx, rx, base_tx, base_rx = 0, 0, 0, 0
		seen = { at = clock, tx = 0, rx = 0 }
	end,
	start = function()
		started = clock
		base_tx, base_rx = tx, rx
	end,
	stop = function()
		count()
		started = nil
	end,
	latency = function(port, key)
		if key == "on" then
			probing[tostring(port)] = true
		end
	end,
	portStats = function(port, which)
		if (shape == "old") ~= (which == "port") then
			error("portStats, wrong number of arguments")
		end
		if tonumber(port) == missing_port then
			return { n = 0 }
		end
		local one = fields(port)
		return { n = 1, [tonumber(port)] = shape == "old" and one or { curr = one, qstats = {} } }
	end,
	quit = function()
		print("QUIT")
		os.exit(0)
	end,
}

if shape == "old" then
	pktgen.pktStats = function(port)
		local is_probed = probing[tostring(port)]
		return { n = 1, [tonumber(port)] = { latency = is_probed
			and { num_pkts = 500, min_us = 3, avg_us = 5, max_us = 40 } or {} } }
	end
end

dofile(arg[1])
