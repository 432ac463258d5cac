-- After a script with `prepare(line)`: sends what that made of the lines of a
-- file, one after the other, and in the end says in one line what came back.
local ready = {}
local turn = 0

function init(args)
  for line in io.lines(args[1]) do
    ready[#ready + 1] = prepare(line)
  end
  if #ready == 0 then
    ready[1] = wrk.format()
  end
end

function request()
  turn = turn % #ready + 1
  return ready[turn]
end

function done(summary, latency, requests)
  io.write(string.format(
    '{"micros":%d,"answers":%d,"refused":%d,"broken":%d}\n',
    summary.duration, summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
