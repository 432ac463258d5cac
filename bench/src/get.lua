-- A line is a token.
function prepare(token)
  return wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
end

