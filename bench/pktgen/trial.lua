-- SPDX-License-Identifier: BSD-3-Clause
-- One trial: send for some seconds at a rate, wait until the counters stand, tell what came back.
-- Parameters come from the environment, because pktgen hands none to a script; results leave as
-- lines that begin with RESULT, because pktgen's own output is full of screen pages and its exit
-- status says nothing.

local stats = require("stats")

local trial = {}

-- What a frame costs on the wire beyond its size with FCS: preamble and gap.
local WIRE_OCTETS = 20
-- SecTAG with SCI and ICV: what MACsec adds to each frame on the line.
local MACSEC_OCTETS = 32
-- Pktgen's statistics thread looks at the counters once a second.
local SETTLE_S = 3
local LINK_S = 10
-- A generator that was descheduled offers less than it was asked for; such a trial is void.
local OFFERED_LEAST = 0.98

-- The wall clock in seconds, in steps of 10 ms. os.time has one second, os.clock is CPU time, and
-- pktgen.delay is far off on a busy CPU.
local function now()
	local file = assert(io.open("/proc/uptime"))
	local seconds = file:read("n")
	file:close()
	return seconds
end

local function sleep(seconds)
	os.execute("sleep " .. seconds)
end

-- Hooks of the tests.
trial.now = now
trial.sleep = sleep

local function number(name, default)
	local text = os.getenv(name)
	if text == nil or text == "" then
		return default
	end
	local value = tonumber(text)
	if value == nil then
		error(name .. " is no number: " .. text, 0)
	end
	return value
end

-- A list of numbers with commas between them.
local function numbers(name, default)
	local list = {}
	for word in (os.getenv(name) or default):gmatch("[^,]+") do
		list[#list + 1] = tonumber(word) or error(name .. " is no list of numbers", 0)
	end
	return list
end

-- Parameters of all scripts. SIZES count the FCS, as pktgen does: 64 is 60 octets for the driver.
function trial.parameters()
	local tx = number("TXP", 0)
	return {
		tx = tx,
		rx = number("RXP", tx),
		sizes = numbers("SIZES", "64,128,256,512,1024,1280,1518"),
		seconds = number("SECONDS_EACH", 10),
		link_mbit = number("LINK_MBIT", 10000),
		dst_mac = os.getenv("DST_MAC"),
		loss = number("LOSS", 0),
		steps = number("STEPS", 12),
		probe_us = number("PROBE_US", 1000),
		rate = number("RATE", 50),
	}
end

-- Frames per second that a rate in per cent means for a size.
function trial.pps(p, size, rate)
	return rate / 100 * p.link_mbit * 1e6 / ((size + WIRE_OCTETS) * 8)
end

-- The most that a line of this speed can carry once MACsec has made each frame longer, in per cent
-- of the clear frames' line rate: the ceiling of any trial through a macsecd.
function trial.ceiling(size)
	return 100 * (size + WIRE_OCTETS) / (size + WIRE_OCTETS + MACSEC_OCTETS)
end

local function is_down(port)
	local state = pktgen.linkState(tostring(port))[port]
	return state == nil or state:find("Down") ~= nil
end

-- Links come up seconds after the start, and pacing is off while their speed is unknown.
function trial.wait_links(p)
	local last = trial.now() + LINK_S
	while is_down(p.tx) or is_down(p.rx) do
		if trial.now() > last then
			error("link down", 0)
		end
		trial.sleep(0.2)
	end
end

-- Frames that a macsecd forwards: UDP between addresses for benchmarks (RFC 2544 C.2.2).
function trial.prepare(p)
	local tx = tostring(p.tx)
	trial.wait_links(p)
	if p.dst_mac then
		pktgen.set_mac(tx, "dst", p.dst_mac)
	end
	pktgen.set_ipaddr(tx, "src", "198.18.0.2/24")
	pktgen.set_ipaddr(tx, "dst", "198.18.1.2")
	pktgen.set_proto(tx, "udp")
	pktgen.set(tx, "count", 0)
end

-- Sends for p.seconds; returns what happened. `is_valid` is false when the generator did not offer
-- what was asked for, or when a link went down (memif counts from 0 again then).
function trial.run(p, size, rate)
	local tx = tostring(p.tx)
	pktgen.set(tx, "size", size)
	pktgen.set(tx, "rate", rate)
	pktgen.clr()
	local began = trial.now()
	pktgen.start(tx)
	trial.sleep(p.seconds)
	pktgen.stop(tx)
	local seconds = trial.now() - began
	trial.sleep(SETTLE_S)
	local sent, got = stats.counters(p.tx), stats.counters(p.rx)
	local result = {
		size = size,
		rate = rate,
		seconds = seconds,
		tx = sent.opackets,
		rx = got.ipackets,
		lost = sent.opackets - got.ipackets,
		imissed = got.imissed,
		offered = sent.opackets / seconds / trial.pps(p, size, rate),
	}
	result.is_valid = result.offered >= OFFERED_LEAST and result.tx > 0
		and not is_down(p.tx) and not is_down(p.rx)
	return result
end

-- One line, to be found by its first word.
function trial.tell(what, fields)
	local words = {}
	for _, field in ipairs(fields) do
		local value = field[2]
		if math.type(value) == "float" then
			value = string.format("%.4f", value)
		end
		words[#words + 1] = field[1] .. "=" .. tostring(value)
	end
	print("RESULT " .. what .. " " .. table.concat(words, " "))
end

-- Runs a script's body and leaves pktgen whatever happens: an error would else leave it at its
-- prompt for ever.
function trial.main(body)
	local is_good, message = pcall(function()
		local p = trial.parameters()
		trial.prepare(p)
		body(p)
	end)
	if not is_good then
		print("RESULT error " .. tostring(message))
	end
	pktgen.quit()
end

return trial
