import { keptValue } from "../../node/kept-value.js";
import { QUEUE_LIFE_MS, RESERVED_MS, RESERVED_PREFIX, WAKE_CHANNEL_PREFIX } from "../../node/reserved.js";
import { FENCE_LIMIT } from "../../quorum/fencing.js";
import { COUNTER, NOW, REMEMBER, SKEWED } from "./fence-functions.js";

/*
 * The exclusive lock on a Redis server, as Lua functions. They are the protocol (docs/protocol.md): processes of
 * different versions talk to each other through them. memory-node.ts says the same in TypeScript.
 *
 * A function is given where its keys begin in KEYS (`at`, the number of keys before them) and how many locks they are
 * for, so that one call can carry many requests. Numbers come as strings and leave as strings made with "%.0f", since
 * Redis cuts Lua's floats to integers and prints others with 14 or 17 digits depending on the path.
 */

/** How long the longest-held of the locks that fail `test` stays, or nil when none does; the value and the place of the first. PTTL -1 is a key without TTL. */
const HELD = `
local function held(at, locks, step, isOthers)
  local longest, holder, place
  for i = 1, locks do
    local key = KEYS[at + (i - 1) * step + 1]
    local value = redis.call('GET', key)
    if value and isOthers(value, key, i) then
      local left = redis.call('PTTL', key)
      if not holder then holder, place = value, i end
      if left == -1 then return '-1', holder, place end
      if not longest or left > longest then longest = left end
    end
  end
  return longest and string.format('%.0f', longest), holder, place
end`;

/**
 * Keeps a lock that has become free for the process that has waited longest and is there to hear of it, and tells it.
 * What a server does not allow here must not fail the release. A Cluster counts only the subscribers of one of its servers.
 */
const OFFER = `
local function offer(lock, queue, clustered)
  while true do
    local first = redis.pcall('ZPOPMIN', queue)
    local process = first[1]
    if not process then return end
    local heard = redis.pcall('PUBLISH', '${WAKE_CHANNEL_PREFIX}' .. process, lock)
    if type(heard) == 'table' then
      redis.pcall('ZADD', queue, first[2], process)
      return
    end
    if clustered or heard > 0 then
      redis.call('SET', lock, '${RESERVED_PREFIX}' .. process, 'PX', ${RESERVED_MS})
      return
    end
  end
end`;

/** One free lock, which is nearly always what is asked for, in as few calls as can be; false for any other case. */
const GRANT_FREE = `
local function grantFree(at, token, life, proposal, counterLife, process, ticket)
  local fence = redis.call('GET', KEYS[at + 2])
  local least = leastGrant(life)
  if fence then least = math.max(least, tonumber(fence) or ${FENCE_LIMIT}) end
  if tonumber(proposal) <= least then return false end
  if not redis.call('SET', KEYS[at + 1], token, 'PX', life, 'NX') then return false end
  redis.call('SET', KEYS[at + 2], proposal, 'PX', counterLife)
  if ticket then redis.pcall('ZREM', KEYS[at + 3], process) end
  return 1
end`;

/**
 * Grants all locks or none. A lock that is kept for `process` is free for it, and every one that is kept is free for who
 * does not wait: nobody holds it. A refusal enrols the process in the queue of the first lock that another holds, and
 * passes on what is kept for it: it can't use that yet.
 */
const GRANT_ANY = `
local function grantAny(at, locks, token, life, proposal, counterLife, delay, process, ticket, clustered)
  local fence, failure = counter(at, locks, 3)
  if not fence then return failure end
  local ours, mine, kept = 0, process and '${RESERVED_PREFIX}' .. process, {}
  local left, holder, place = held(at, locks, 3, function(value, key, i)
    if value == mine or not process and string.sub(value, 1, ${RESERVED_PREFIX.length}) == '${RESERVED_PREFIX}' then
      kept[i] = true
      return false
    end
    if value ~= token or redis.call('PTTL', key) <= tonumber(delay) then return true end
    ours = ours + 1
  end)
  if left then
    if process then
      for i in pairs(kept) do
        local lock = at + (i - 1) * 3 + 1
        redis.call('DEL', KEYS[lock])
        offer(KEYS[lock], KEYS[lock + 2], clustered)
      end
      local queue = KEYS[at + place * 3]
      redis.pcall('ZADD', queue, ticket or proposal, process)
      if redis.pcall('PEXPIRE', queue, ${QUEUE_LIFE_MS}) ~= 1 then
        redis.pcall('ZREM', queue, process)
        return {0, string.format('%.0f', fence), left, holder, 0}
      end
    end
    return {0, string.format('%.0f', fence), left, holder}
  end
  if ours < locks or fence == 0 then fence = math.max(tonumber(proposal), fence + 1, leastGrant(life)) end
  local value = string.format('%.0f', fence)
  for i = 1, locks do
    local lock = at + (i - 1) * 3 + 1
    if kept[i] or redis.call('PTTL', KEYS[lock]) < tonumber(life) then redis.call('SET', KEYS[lock], token, 'PX', life) end
    remember(KEYS[lock + 1], value, counterLife)
    if ticket then redis.pcall('ZREM', KEYS[lock + 2], process) end
  end
  if ours > 0 then return {2, value} end
  return value == proposal and 1 or {1, value}
end`;

const CONFIRM_ALL = `
local function confirm(at, locks, token, fence, counterLife)
  for i = 1, locks do
    if redis.call('GET', KEYS[at + i * 2 - 1]) ~= token then return 0 end
  end
  local highest, failure = counter(at, locks, 2)
  if not highest then return failure end
  if highest > tonumber(fence) then return 0 end
  for i = 1, locks do remember(KEYS[at + i * 2], fence, counterLife) end
  return 1
end`;

const EXTEND_ALL = `
local function extend(at, locks, token, life, delay, counterLife, fence, repair)
  local highest, failure = counter(at, locks, 2)
  if not highest then return failure end
  local ours = 0
  local left = held(at, locks, 2, function(value, key)
    if value ~= token or redis.call('PTTL', key) <= tonumber(delay) then return true end
    ours = ours + 1
  end)
  if left then return {-1, left} end
  local missing = ours < locks
  if missing and repair == '0' then return {0} end
  if tonumber(fence) >= highest then highest = tonumber(fence) elseif missing then highest = highest + 1 end
  for i = 1, locks do
    local key = KEYS[at + i * 2 - 1]
    if redis.call('PTTL', key) < tonumber(life) then redis.call('SET', key, token, 'PX', life) end
    if highest > 0 then remember(KEYS[at + i * 2], string.format('%.0f', highest), counterLife) end
  end
  return missing and {2} or {1, string.format('%.0f', highest)}
end`;

const RELEASE_ALL = `
local function release(at, locks, token, quiet, keep, delay, clustered)
  local reply = 0
  for i = 1, locks do
    local lock = KEYS[at + i * 2 - 1]
    local value = redis.call('GET', lock)
    if value and delay ~= '0' and value == token and redis.call('PTTL', lock) <= tonumber(delay) then value = false end
    if value and (value == token or token == '' and string.sub(value, 1, ${RESERVED_PREFIX.length}) ~= '${RESERVED_PREFIX}') then
      reply = 1
      if keep ~= '0' then redis.call('SET', lock, '${keptValue("")}' .. value, 'PX', keep)
      else
        redis.call('DEL', lock)
        if not quiet then offer(lock, KEYS[at + i * 2], clustered) end
      end
    elseif value and reply == 0 and value ~= '${keptValue("")}' .. token and string.sub(value, 1, ${RESERVED_PREFIX.length}) ~= '${RESERVED_PREFIX}' then
      reply = -1
    end
  end
  return reply
end`;

const WITHDRAW_ALL = `
local function withdraw(at, locks, process, clustered)
  for i = 1, locks do
    local lock, queue = KEYS[at + i * 2 - 1], KEYS[at + i * 2]
    redis.pcall('ZREM', queue, process)
    local value = redis.call('GET', lock)
    if value == '${RESERVED_PREFIX}' .. process then redis.call('DEL', lock) end
    if not value or value == '${RESERVED_PREFIX}' .. process then offer(lock, queue, clustered) end
  end
  return 1
end`;

/** What a grant is made of before it needs more than a free lock. */
export const GRANT_FIRST = NOW + SKEWED + GRANT_FREE;

/** What the rest of a grant is made of. */
export const GRANT_REST = HELD + COUNTER + REMEMBER + OFFER + GRANT_ANY;

export const CONFIRM_FUNCTION = NOW + COUNTER + REMEMBER + CONFIRM_ALL;
export const EXTEND_FUNCTION = NOW + HELD + COUNTER + REMEMBER + EXTEND_ALL;
export const RELEASE_FUNCTION = OFFER + RELEASE_ALL;
export const WITHDRAW_FUNCTION = OFFER + WITHDRAW_ALL;

/** Everything once. */
export const EVERY_FUNCTION =
  NOW +
  SKEWED +
  GRANT_FREE +
  HELD +
  COUNTER +
  REMEMBER +
  OFFER +
  GRANT_ANY +
  CONFIRM_ALL +
  EXTEND_ALL +
  RELEASE_ALL +
  WITHDRAW_ALL;
