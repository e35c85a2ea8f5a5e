/**
 * Says which lease time a process uses, and learns the longest that any does. What is longer than what is known, or as
 * long, is remembered anew; what is shorter changes nothing, so that the longest is forgotten when nobody has said it
 * for a while.
 *
 * KEYS: the record. ARGV: lease time in ms, how long to remember it in ms. Reply: the longest lease time in ms.
 */
export const ANNOUNCE = `
local longest = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
if tonumber(ARGV[1]) < longest then return string.format('%.0f', longest) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`;
