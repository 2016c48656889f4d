-- SPDX-License-Identifier: BSD-3-Clause
-- RFC 2544 26.1: for each size the highest rate at which no more than LOSS (a share, default 0) of
-- the frames is lost, by halving STEPS times. Starts at the ceiling that MACsec's octets leave. A
-- trial in which the generator fell short is repeated, three times at most: its loss says nothing.
package.path = (os.getenv("PKTGEN_LUA") or "bench/pktgen") .. "/?.lua;" .. package.path
local trial = require("trial")

local TRIES = 3

local function valid_run(p, size, rate)
	for _ = 1, TRIES do
		local r = trial.run(p, size, rate)
		if r.is_valid then
			return r
		end
	end
	return nil
end

-- The best valid trial; and the least rate that the generator itself could not offer, or nil.
local function search(p, size)
	local low, high, best, unoffered = 0, trial.ceiling(size), nil, nil
	local rate = high
	for _ = 1, p.steps do
		local r = valid_run(p, size, rate)
		if r == nil then
			unoffered = rate
			high = rate
		elseif r.lost <= p.loss * r.tx then
			best = r
			low = rate
		else
			high = rate
		end
		if low >= high then
			break
		end
		rate = (low + high) / 2
	end
	return best, unoffered
end

trial.main(function(p)
	for _, size in ipairs(p.sizes) do
		local best, unoffered = search(p, size)
		trial.tell("rfc2544", {
			{ "size", size },
			{ "ceiling", trial.ceiling(size) },
			{ "rate", best and best.rate or 0 },
			{ "mpps", best and best.rx / best.seconds / 1e6 or 0 },
			{ "lost", best and best.lost or 0 },
			-- below this the result is the generator's limit, not the appliance's
			{ "generator-limit", unoffered or "none" },
		})
	end
end)
