-- Calls, tables, sorting, strings and patterns: many parts of a big interpreter at once. arg[1]: rounds.
local n = tonumber(arg and arg[1]) or 10
local function fib(n) if n < 2 then return n end return fib(n-1)+fib(n-2) end
local total = 0
for round=1,n do
local t = {}
for i=1,20000 do t[i] = (i*7919+round)%10007 end
table.sort(t)
local s = 0
for i=1,#t do s = (s*31 + t[i]) % 1000003 end
local parts = {}
for i=1,3000 do parts[#parts+1] = string.format("%d:%s", i, ("x"):rep(i%13)) end
local joined = table.concat(parts, ",")
local c = 0
for w in joined:gmatch("%d+") do c = c + #w end
total = total + fib(20) + s + c
end
print(total)
