import { keptValue } from "../../node/kept-value.js";
import { FENCE_EPOCH_MS, FENCE_LIMIT, FENCE_STEP } from "../../quorum/fencing.js";

/*
 * The exclusive lock on a Redis server. These scripts are the protocol (docs/protocol.md): processes of
 * different versions talk to each other through them. memory-node.ts says the same in TypeScript.
 *
 * KEYS, unless a script says otherwise: lock key, counter key, lock key, counter key, …
 * Numbers leave the scripts as strings made with "%.0f", since Redis cuts Lua's floats to integers and
 * prints others with 14 or 17 digits depending on the path.
 */

/** How long the longest-held of the keys that fail `test` stays, or nil when none does, and the value of the first. PTTL -1 is a key without TTL. */
const HELD = `
local function held(isOthers)
  local longest, holder
  for i = 1, #KEYS, 2 do
    local value = redis.call('GET', KEYS[i])
    if value and isOthers(value, KEYS[i]) then
      local left = redis.call('PTTL', KEYS[i])
      holder = holder or value
      if left == -1 then return '-1', holder end
      if not longest or left > longest then longest = left end
    end
  end
  return longest and string.format('%.0f', longest), holder
end`;

const COUNTER = `
local function counter()
  local highest = 0
  for i = 2, #KEYS, 2 do
    local value = redis.call('GET', KEYS[i])
    if value then
      local number = tonumber(value)
      if not number or number >= ${FENCE_LIMIT} then
        return nil, redis.error_reply('FENCE the counter ' .. KEYS[i] .. ' holds no usable number')
      end
      if number > highest then highest = number end
    end
  end
  return highest
end`;

/** Sets a counter, which must not be forgotten earlier than was promised to whoever holds the key now. */
const REMEMBER = `
local function remember(key, value, life)
  local left = redis.call('PTTL', key)
  if left > tonumber(life) then life = left end
  redis.call('SET', key, value, 'PX', life)
end`;

/**
 * ARGV: token, key life in ms (ttl + lock delay), proposal, counter life in ms, skew limit in ms, lock delay in ms,
 * which may be left out when it is 0.
 * Reply: counter, for a fresh grant · {2, counter} already ours, all or in part · {0, counter, remaining ms or -1,
 * holder's token} another's ·
 * {-1, node time in ms} the proposal is too far ahead.
 *
 * The first half is the second for one key that is free, which is nearly always, in as few calls as can be.
 */
export const GRANT = `
local time = redis.call('TIME')
local proposal = tonumber(ARGV[3])
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if proposal > (now + ARGV[5] - ${FENCE_EPOCH_MS}) * ${FENCE_STEP} then return {-1, string.format('%.0f', now)} end
if #KEYS == 2 then
  local fence = redis.call('GET', KEYS[2])
  if not fence or proposal > (tonumber(fence) or ${FENCE_LIMIT}) then
    if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
      redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
      return ARGV[3]
    end
  end
end
${COUNTER}
${REMEMBER}
${HELD}
local fence, failure = counter()
if not fence then return failure end
local ours = 0
local left, holder = held(function(value, key)
  if value ~= ARGV[1] or redis.call('PTTL', key) <= tonumber(ARGV[6] or 0) then return true end
  ours = ours + 1
end)
if left then return {0, string.format('%.0f', fence), left, holder} end
if ours < #KEYS / 2 or fence == 0 then fence = proposal > fence and proposal or fence + 1 end
local value = string.format('%.0f', fence)
for i = 1, #KEYS, 2 do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end
  remember(KEYS[i + 1], value, ARGV[4])
end
if ours > 0 then return {2, value} end
return value`;

/**
 * ARGV: token, fencing token, counter life in ms. Reply: 1 accepted · 0 refused.
 */
export const CONFIRM = `
${COUNTER}
${REMEMBER}
for i = 1, #KEYS, 2 do
  if redis.call('GET', KEYS[i]) ~= ARGV[1] then return 0 end
end
local fence, failure = counter()
if not fence then return failure end
if fence > tonumber(ARGV[2]) then return 0 end
for i = 2, #KEYS, 2 do remember(KEYS[i], ARGV[2], ARGV[3]) end
return 1`;

/**
 * ARGV: token, key life in ms, lock delay in ms, counter life in ms, fencing token, repair 1 | 0.
 * Reply: {1, counter} extended · {2} repaired · {0} free · {-1, remaining ms or -1} another's.
 */
export const EXTEND = `
${COUNTER}
${REMEMBER}
${HELD}
local fence, failure = counter()
if not fence then return failure end
local ours = 0
local left = held(function(value, key)
  if value ~= ARGV[1] or redis.call('PTTL', key) <= tonumber(ARGV[3]) then return true end
  ours = ours + 1
end)
if left then return {-1, left} end
local missing = ours < #KEYS / 2
if missing and ARGV[6] == '0' then return {0} end
if tonumber(ARGV[5]) > fence then fence = tonumber(ARGV[5]) end
for i = 1, #KEYS, 2 do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
  end
  if fence > 0 then remember(KEYS[i + 1], string.format('%.0f', fence), ARGV[4]) end
end
return missing and {2} or {1, string.format('%.0f', fence)}`;

/**
 * KEYS: lock keys alone. ARGV: token or '' for whoever holds it, ms for which to keep the keys from everybody, lock delay in ms.
 * Zeros at the end may be left out.
 * Reply: 1 released · 0 free · -1 another's.
 */
export const RELEASE = `
local reply = 0
for i = 1, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value and ARGV[3] and value == ARGV[1] and redis.call('PTTL', KEYS[i]) <= tonumber(ARGV[3]) then
    value = false
  end
  if value and (value == ARGV[1] or ARGV[1] == '') then
    reply = 1
    if (ARGV[2] or '0') == '0' then redis.call('DEL', KEYS[i])
    else redis.call('SET', KEYS[i], '${keptValue("")}' .. value, 'PX', ARGV[2]) end
  elseif value and reply == 0 and value ~= '${keptValue("")}' .. ARGV[1] then
    reply = -1
  end
end
return reply`;

/** Reply: {lock value or false, remaining ms or -1, counter or false}. */
export const INSPECT = `
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]), redis.call('GET', KEYS[2])}`;
