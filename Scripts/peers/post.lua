-- For wrk: posts the lines of the file BODIES in turn to ROUTE; prints its figures as a line of JSON.
local lines, number = {}, 0
for line in io.lines(os.getenv("BODIES")) do lines[#lines + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function init(arguments)
  for place, line in ipairs(lines) do lines[place] = wrk.format(nil, os.getenv("ROUTE"), nil, line) end
end

function request()
  number = number % #lines + 1
  return lines[number]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"rate":%f,"p50":%f,"p99":%f,"failed":%d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
