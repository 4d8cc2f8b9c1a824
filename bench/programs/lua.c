/* The Lua interpreter (Debian's liblua5.4.a, statically linked with glibc): much code, indirect jumps, a garbage collector. */
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
static const char script[] =
  "local words, seen = {}, {}\n"
  "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
  "local total = 0\n"
  "for i = 1, ROUNDS do\n"
  "  total = total + fib(16)\n"
  "  for k = 1, 200 do words[k] = string.format('%d-%x', k * i, k) end\n"
  "  table.sort(words)\n"
  "  for _, w in ipairs(words) do seen[w:sub(1, 3)] = (seen[w:sub(1, 3)] or 0) + #w end\n"
  "  local s = table.concat(words, ' '):gsub('%d+', function(d) return d % 7 end)\n"
  "  total = total + #s\n"
  "end\n"
  "return total % 128\n";
int main(void) {
  lua_State *state = luaL_newstate();
  luaL_openlibs(state);
  lua_pushinteger(state, NITER);
  lua_setglobal(state, "ROUNDS");
  if (luaL_dostring(state, script)) return 126;
  return lua_tointeger(state, -1);
}
