-- For wrk: post the file named by the first argument, count the answers'
-- statuses, and print "status N count M" lines at the end.
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    local file = assert(io.open(args[1], "rb"))
    wrk.method = "POST"
    wrk.body = file:read("*a")
    wrk.headers["Content-Type"] = "image/jpeg"
    file:close()
    counts = {}
    list = ""
end

function response(status)
    counts[status] = (counts[status] or 0) + 1
    -- Tables cannot be read from another thread; text can.
    list = ""
    for code, n in pairs(counts) do
        list = list .. code .. " " .. n .. "\n"
    end
end

function done(summary)
    local sums = {}
    for _, thread in ipairs(threads) do
        for code, n in thread:get("list"):gmatch("(%d+) (%d+)\n") do
            sums[code] = (sums[code] or 0) + n
        end
    end
    for code, n in pairs(sums) do
        print(string.format("status %s count %d", code, n))
    end
    local errors = summary.errors
    print(string.format("errors %d", errors.connect + errors.read +
        errors.write + errors.timeout))
end
