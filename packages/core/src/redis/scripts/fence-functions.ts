import { FENCE_EPOCH_MS, FENCE_LIMIT, FENCE_STEP } from "../../quorum/fencing.js";

/* Time and fencing counters on a Redis server; see exclusive-functions.ts. */

/** The server's time in ms, the same throughout a call. */
export const NOW = `
local time
local function now()
  if not time then
    time = redis.call('TIME')
    time = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return time
end`;

/** What to answer to a proposal that is too far ahead of the server's clock, or false; the least that a grant answers. */
export const SKEWED = `
local function skewed(proposal, limit)
  return tonumber(proposal) > (now() + limit - ${FENCE_EPOCH_MS}) * ${FENCE_STEP} and {-1, string.format('%.0f', now())}
end
local function leastGrant(life)
  return (now() - math.floor(life / 2) - ${FENCE_EPOCH_MS}) * ${FENCE_STEP}
end`;

/** The largest counter of the locks; nil and what to answer if one can't be used. */
export const COUNTER = `
local function counter(at, locks, step)
  local highest = 0
  for i = 1, locks do
    local key = KEYS[at + (i - 1) * step + 2]
    local value = redis.call('GET', key)
    if value then
      local number = tonumber(value)
      if not number or number >= ${FENCE_LIMIT} then
        return nil, redis.error_reply('FENCE the counter ' .. key .. ' holds no usable number')
      end
      if number > highest then highest = number end
    end
  end
  return highest
end`;

/**
 * Sets a counter, which must not be forgotten earlier than was promised to whoever holds the key now, nor while proposals
 * may be below it because it is ahead of the clock.
 */
export const REMEMBER = `
local function remember(key, value, life)
  local lead = math.floor(tonumber(value) / ${FENCE_STEP}) + ${FENCE_EPOCH_MS} - now()
  life = tonumber(life) + math.max(0, lead)
  local left = redis.call('PTTL', key)
  if left > life then life = left end
  redis.call('SET', key, value, 'PX', string.format('%.0f', life))
end`;
