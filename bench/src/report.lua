-- One line that the benchmark reads, in place of wrk's own table.
function done(summary, latency, requests)
  io.write(string.format(
    '{"micros":%d,"answers":%d,"refused":%d,"broken":%d}\n',
    summary.duration, summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
