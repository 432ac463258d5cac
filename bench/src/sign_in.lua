-- A line is the body of a sign-in.
function prepare(body)
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end

