/*
 * The guard's record is a string: the newest fencing token that was seen, in decimal. Tokens come and go as strings,
 * since Redis cuts Lua's floats to integers and prints others with 14 or 17 digits depending on the path.
 */

/** The record's life is prolonged by refused calls too, and never shortened by a guard with a smaller ttl. */
const ADVANCE = `
local newest = redis.call('GET', KEYS[1])
if newest and not tonumber(newest) then
  return redis.error_reply('FENCE the record ' .. KEYS[1] .. ' holds no number')
end
if not newest or tonumber(newest) < tonumber(ARGV[1]) then newest = ARGV[1] end
local life = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[2]))
redis.call('SET', KEYS[1], newest, 'PX', string.format('%.0f', life))`;

/** KEYS: record. ARGV: fencing token, record's life in ms. Reply: the newest token, this one included. */
export const ADMIT = `${ADVANCE}
return newest`;

/**
 * KEYS: record, value. ARGV: fencing token, record's life in ms, value, value's life in ms. Reply: as for ADMIT; the
 * value was set if and only if it is the caller's token.
 */
export const SET = `${ADVANCE}
if newest == ARGV[1] then redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4]) end
return newest`;
