-- Signs in one account after the other: a file has one body a line.
local ready = {}
local turn = 0

function init(args)
  for body in io.lines(args[1]) do
    ready[#ready + 1] = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  turn = turn % #ready + 1
  return ready[turn]
end

