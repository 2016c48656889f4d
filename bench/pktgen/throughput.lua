-- SPDX-License-Identifier: BSD-3-Clause
-- Throughput at one rate: what comes back of RATE per cent of the line (default 50), for each size.
package.path = (os.getenv("PKTGEN_LUA") or "bench/pktgen") .. "/?.lua;" .. package.path
local trial = require("trial")

trial.main(function(p)
	for _, size in ipairs(p.sizes) do
		local r = trial.run(p, size, p.rate)
		trial.tell("throughput", {
			{ "size", size },
			{ "rate", p.rate },
			{ "ceiling", trial.ceiling(size) },
			{ "seconds", r.seconds },
			{ "tx", r.tx },
			{ "rx", r.rx },
			{ "lost", r.lost },
			{ "imissed", r.imissed },
			{ "offered", r.offered },
			{ "rx-mpps", r.rx / r.seconds / 1e6 },
			{ "valid", r.is_valid },
		})
	end
end)
