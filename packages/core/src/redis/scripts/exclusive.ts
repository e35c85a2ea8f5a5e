import { RESERVED_PREFIX } from "../../node/reserved.js";
import {
  CONFIRM_FUNCTION,
  EVERY_FUNCTION,
  EXTEND_FUNCTION,
  GRANT_FIRST,
  GRANT_REST,
  RELEASE_FUNCTION,
  WITHDRAW_FUNCTION,
} from "./exclusive-functions.js";

/*
 * The scripts for one request about an exclusive lock. Arguments at the end may be left out; in the middle, '' stands for
 * one that is not given.
 */

const GIVEN = `
local function given(value)
  if value ~= '' then return value end
end`;

/**
 * KEYS: lock, counter, queue, lock, counter, queue, …
 * ARGV: token, key life in ms (ttl + lock delay), proposal, counter life in ms, skew limit in ms, process that is willing to
 * wait, its ticket if it is in the queue already, lock delay in ms, 1 in a Cluster.
 * Reply: 1 granted, was free, and the proposal is the counter · {1, counter} granted, was free · {2, counter} already
 * ours, all or in part · {0, counter, remaining ms or -1, holder's token} another's, with a 0 behind if the process could not be enrolled · {-1, node time in ms} the proposal
 * is too far ahead.
 */
export const GRANT = `${GIVEN}${GRANT_FIRST}
local token, life, proposal, counterLife, process, ticket = ARGV[1], ARGV[2], ARGV[3], ARGV[4], given(ARGV[6]), given(ARGV[7])
local early = skewed(proposal, ARGV[5]) or #KEYS == 3 and grantFree(0, token, life, proposal, counterLife, process, ticket)
if early then return early end
${GRANT_REST}
return grantAny(0, #KEYS / 3, token, life, proposal, counterLife, given(ARGV[8]) or '0', process, ticket, ARGV[9])`;

/**
 * KEYS: lock, counter, … ARGV: token, fencing token, counter life in ms. Reply: 1 accepted · 0 refused.
 */
export const CONFIRM = `${CONFIRM_FUNCTION}
return confirm(0, #KEYS / 2, ARGV[1], ARGV[2], ARGV[3])`;

/**
 * KEYS: lock, counter, … ARGV: token, key life in ms, lock delay in ms, counter life in ms, fencing token, repair 1 | 0.
 * Reply: {1, counter} extended · {2} repaired · {0} free · {-1, remaining ms or -1} another's.
 */
export const EXTEND = `${EXTEND_FUNCTION}
return extend(0, #KEYS / 2, ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])`;

/**
 * KEYS: lock, queue, … ARGV: token or '' for whoever holds it, 1 to wake nobody, ms for which to keep the locks from
 * everybody, lock delay in ms, 1 in a Cluster.
 * Reply: 1 released · 0 free · -1 another's.
 */
export const RELEASE = `${GIVEN}${RELEASE_FUNCTION}
return release(0, #KEYS / 2, ARGV[1], ARGV[2] == '1', given(ARGV[3]) or '0', given(ARGV[4]) or '0', ARGV[5])`;

/**
 * Takes a process off the queues, and offers what is kept for it, or free, to the next.
 * KEYS: lock, queue, … ARGV: process, 1 in a Cluster. Reply: 1.
 */
export const WITHDRAW = `${WITHDRAW_FUNCTION}
return withdraw(0, #KEYS / 2, ARGV[1], ARGV[2])`;

const INSPECT_ONE = `
local function inspect(at)
  local lock = KEYS[at + 1]
  local value = redis.call('GET', lock)
  if value and string.sub(value, 1, ${RESERVED_PREFIX.length}) == '${RESERVED_PREFIX}' then value = false end
  return {value, redis.call('PTTL', lock), redis.call('GET', KEYS[at + 2])}
end`;

/** KEYS: lock, counter. Reply: {lock value or false, remaining ms or -1, counter or false}. */
export const INSPECT = `${INSPECT_ONE}
return inspect(0)`;

/**
 * Many requests in one call. They are carried out in their order, and each as if it had come alone: one that fails
 * is answered {-2, message}, and the others stand.
 *
 * KEYS: those of all requests, one after the other, as the script of each takes them.
 * ARGV: the program, of one letter a step; 1 in a Cluster, else ''; the arguments of all steps, one after the other:
 *
 * s  what the steps behind it share: lock delay, counter life, key life, skew limit, process or ''; 0, 0, 0, 0 and '' at first
 * n  how many locks the next request is for, if not one
 * g  grant, nobody waits: token, proposal · w  the process is willing to wait: the same · t  it has a ticket: the same, ticket
 * c  confirm: token, fencing token
 * e  extend · p  extend or repair: token, fencing token
 * r  release · q  release quietly: token · k  release and keep back, quietly: token, ms
 * d  withdraw the process
 * i  inspect
 *
 * Reply: the replies of all requests, in their order.
 */
export const BATCH = `${GIVEN}${EVERY_FUNCTION}${INSPECT_ONE}
local program, clustered = ARGV[1], given(ARGV[2])
local step, at, arg, replies, answered = 0, 0, 2, {}, 0
local delay, counterLife, life, limit, process = '0', '0', '0', '0'
local locks = 1

local function grant(from, count, token, proposal, waiting, ticket)
  return skewed(proposal, limit)
    or count == 1 and grantFree(from, token, life, proposal, counterLife, waiting, ticket)
    or grantAny(from, count, token, life, proposal, counterLife, delay, waiting, ticket, clustered)
end

local function run()
  while step < #program do
    step = step + 1
    local op = string.sub(program, step, step)
    local a, from, count = arg, at, locks
    if op == 's' then
      arg = a + 5
      delay, counterLife, life, limit, process = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], given(ARGV[a + 5])
    elseif op == 'n' then
      arg, locks = a + 1, tonumber(ARGV[a + 1])
    else
      local reply
      locks, answered = 1, answered + 1
      if op == 'g' then
        at, arg = from + count * 3, a + 2
        reply = grant(from, count, ARGV[a + 1], ARGV[a + 2])
      elseif op == 'r' or op == 'q' then
        at, arg = from + count * 2, a + 1
        reply = release(from, count, ARGV[a + 1], op == 'q', '0', delay, clustered)
      elseif op == 'w' then
        at, arg = from + count * 3, a + 2
        reply = grant(from, count, ARGV[a + 1], ARGV[a + 2], process)
      elseif op == 't' then
        at, arg = from + count * 3, a + 3
        reply = grant(from, count, ARGV[a + 1], ARGV[a + 2], process, ARGV[a + 3])
      elseif op == 'e' or op == 'p' then
        at, arg = from + count * 2, a + 2
        reply = extend(from, count, ARGV[a + 1], life, delay, counterLife, ARGV[a + 2], op == 'p' and '1' or '0')
      elseif op == 'c' then
        at, arg = from + count * 2, a + 2
        reply = confirm(from, count, ARGV[a + 1], ARGV[a + 2], counterLife)
      elseif op == 'k' then
        at, arg = from + count * 2, a + 2
        reply = release(from, count, ARGV[a + 1], true, ARGV[a + 2], delay, clustered)
      elseif op == 'd' then
        at = from + count * 2
        reply = withdraw(from, count, process, clustered)
      else
        at = from + 2
        reply = inspect(from)
      end
      if type(reply) == 'table' and reply.err then reply = {-2, reply.err} end
      replies[answered] = reply
    end
  end
end

while true do
  local complete, failure = pcall(run)
  if complete then return replies end
  replies[answered] = {-2, type(failure) == 'table' and failure.err or tostring(failure)}
end`;
