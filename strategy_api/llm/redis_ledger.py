"""The ledger of quotas in Redis, for a fleet: one Lua script, so that every step is atomic and uses Redis's clock."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import redis

from backtest_engine.key_rotation import Busy, Candidate, Reservation, Window
from backtest_engine.key_rotation.ledger import LEARNED_SECONDS, LONGEST_STUMBLE, MIDNIGHT_MARGIN, state
from backtest_engine.key_rotation.quota import GRACE_SECONDS, Book, days, next_pacific_midnight

# The braces keep all keys on one node of a cluster.
PREFIX = "{algoagent:quotas}"
KEEP_SECONDS = 3 * 86_400

SCRIPT = """
local prefix, step, a = KEYS[1], ARGV[1], cjson.decode(ARGV[2])
local now = a.now
if now == nil then
  local t = redis.call('TIME')
  now = tonumber(t[1]) + tonumber(t[2]) / 1000000
end

local function page(project, model) return prefix .. ':book:' .. cjson.encode({project, model}) end
local function held(fingerprint) return prefix .. ':held:' .. fingerprint end
local function read(key)
  local flat, fields = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end
local function number(fields, name) return tonumber(fields[name] or '0') end
local function write(key, ...)
  redis.call('HSET', key, ...)
  redis.call('EXPIRE', key, a.keep)
end
local function add(key, name, by)
  if redis.call('HEXISTS', key, name) == 1 then redis.call('HINCRBY', key, name, by) end
end
-- Integers beyond 14 digits would be rounded by tostring; times are written with six decimals.
local function stamp(value) return string.format('%.6f', value) end

local function busy(reason, retry_at)
  local at = retry_at == math.huge and 'inf' or stamp(retry_at)
  return cjson.encode({busy = reason, retry_at = at, now = stamp(now)})
end

local opens = {}

local function opening(c, fields, key)
  if number(fields, 'rest_until') > now then
    return nil, number(fields, 'rest_until'), fields['rest_reason']
  end
  local rpm, tpm, rpd = c.requests_per_minute, c.tokens_per_minute, c.requests_per_day
  if number(fields, 'learned_until') > now then
    rpm = math.min(rpm, tonumber(fields['learned:requests_per_minute'] or rpm))
    tpm = math.min(tpm, tonumber(fields['learned:tokens_per_minute'] or tpm))
    rpd = math.min(rpd, tonumber(fields['learned:requests_per_day'] or rpd))
  end
  if a.tokens > tpm then return nil, math.huge, 'request_too_large' end
  local today = 0
  for _, day in ipairs(a.days) do today = math.max(today, number(fields, 'day:' .. day)) end
  if today + 1 > rpd then return nil, a.midnight, 'day_quota' end
  if rpm < 1 then return nil, number(fields, 'learned_until'), 'no_quota' end
  local current = math.floor(now / a.slot)
  local requests, spent, slots, dead = 0, 0, {}, {}
  for name, value in pairs(fields) do
    local slot = string.match(name, '^r(%d+)$')
    if slot then
      local s = tonumber(slot)
      if s <= current - a.hold then
        dead[#dead + 1] = name
        dead[#dead + 1] = 't' .. slot
      else
        local t = tonumber(fields['t' .. slot] or '0')
        slots[#slots + 1] = {s, tonumber(value), t}
        requests, spent = requests + tonumber(value), spent + t
      end
    elseif string.sub(name, 1, 4) == 'day:' and string.sub(name, 5) < a.oldest_day then
      dead[#dead + 1] = name
    end
  end
  if #dead > 0 then redis.call('HDEL', key, unpack(dead)) end
  -- When requests fit: now for those that are free, later for those that are booked.
  if not opens[key] then
    opens[key] = {}
    for _ = 1, rpm - requests do table.insert(opens[key], now) end
    for _, s in ipairs(slots) do
      for _ = 1, s[2] do table.insert(opens[key], (s[1] + a.hold) * a.slot) end
    end
  end
  if requests + 1 <= rpm and spent + a.tokens <= tpm then
    return 1 - math.max((requests + 1) / rpm, (spent + a.tokens) / tpm, (today + 1) / rpd), nil, nil
  end
  table.sort(slots, function(x, y) return x[1] < y[1] end)
  for _, s in ipairs(slots) do
    requests, spent = requests - s[2], spent - s[3]
    if requests + 1 <= rpm and spent + a.tokens <= tpm then
      return nil, (s[1] + a.hold) * a.slot, 'minute_quota'
    end
  end
  return nil, math.huge, 'minute_quota'
end

if step == 'reserve' then
  local vendor = read(page('*', a.model))
  if number(vendor, 'rest_until') > now then
    return busy(vendor['rest_reason'], number(vendor, 'rest_until'))
  end
  local line_key, line, waiting, due, granted = prefix .. ':line:' .. a.model, {}, 0, 0, 0
  for ticket, at in pairs(read(line_key)) do
    local turn = tonumber(at)
    if turn + a.grace <= now then
      redis.call('HDEL', line_key, ticket)
    else
      line[ticket], waiting = turn, waiting + 1
      if turn <= now and ticket ~= a.ticket then due = due + 1 end
    end
  end
  local best, best_room, best_used
  local wait, why, held_until, held_why
  for i, c in ipairs(a.candidates) do
    local h = read(held(c.fingerprint))
    if number(h, 'until') > now then
      if held_until == nil or number(h, 'until') < held_until then
        held_until, held_why = number(h, 'until'), h['reason']
      end
    else
      granted = granted + c.requests_per_minute
      local key = page(c.project, a.model)
      local fields = read(key)
      local room, retry_at, reason = opening(c, fields, key)
      local used = number(fields, 'used_at')
      if room then
        if best == nil or room > best_room or (room == best_room and used < best_used) then
          best, best_room, best_used = i, room, used
        end
      elseif wait == nil or retry_at < wait then
        wait, why = retry_at, reason
      end
    end
  end
  if best and due > 0 and line[a.ticket] == nil then
    -- What is free is kept for those whose turn it is.
    local free = 0
    for _, moments in pairs(opens) do
      for _, moment in ipairs(moments) do if moment == now then free = free + 1 end end
    end
    if free <= due then best, why, wait = nil, 'minute_quota', now end
  end
  if best == nil and why == 'minute_quota' then
    -- Each of those who wait is sent to an opening of their own, in the order in which they came.
    local soonest = math.max(wait, now + a.slot)
    local turn = line[a.ticket]
    if turn == nil then
      local rounds, moments = 2 + math.floor(waiting / math.max(granted, 1)), {}
      for round = 0, rounds - 1 do
        for _, ahead in pairs(opens) do
          for _, moment in ipairs(ahead) do moments[#moments + 1] = moment + round * a.hold * a.slot end
        end
      end
      table.sort(moments)
      turn = #moments > 0 and moments[math.min(waiting + 1, #moments)] or soonest
    end
    wait = math.max(turn, soonest)
    redis.call('HSET', line_key, a.ticket, stamp(wait))
    redis.call('EXPIRE', line_key, a.keep)
  end
  if best == nil then
    return busy(why or held_why or 'no_key', wait or held_until or math.huge)
  end
  redis.call('HDEL', line_key, a.ticket)
  local key = page(a.candidates[best].project, a.model)
  local slot = string.format('%.0f', math.floor(now / a.slot))
  redis.call('HINCRBY', key, 'r' .. slot, 1)
  redis.call('HINCRBY', key, 't' .. slot, a.tokens)
  for _, day in ipairs(a.days) do redis.call('HINCRBY', key, 'day:' .. day, 1) end
  write(key, 'used_at', stamp(now))
  return cjson.encode({chosen = best, slot = slot, now = stamp(now), stumbles = number(vendor, 'stumbles')})
end

if step == 'adjust' then
  local key = page(a.project, a.model)
  add(key, 'r' .. a.slot, a.requests)
  add(key, 't' .. a.slot, a.tokens)
  for _, day in ipairs(a.days) do add(key, 'day:' .. day, a.requests) end
elseif step == 'rest' then
  local key = page(a.project, a.model)
  local till = a.till or now + a.seconds
  if till > number(read(key), 'rest_until') then write(key, 'rest_until', stamp(till), 'rest_reason', a.reason) end
elseif step == 'quarantine' then
  write(held(a.fingerprint), 'until', stamp(now + a.seconds), 'reason', a.reason)
elseif step == 'learn' then
  local key = page(a.project, a.model)
  for name, value in pairs(a.limits) do write(key, 'learned:' .. name, value) end
  write(key, 'learned_until', stamp(now + a.learned_seconds))
elseif step == 'stumble' then
  local key = page('*', a.model)
  local fields = read(key)
  if a.reserved_at >= number(fields, 'stumbled_at') then
    local times = number(fields, 'stumbles') + 1
    local till = now + math.min(2 ^ math.min(times, 10), a.longest)
    write(key, 'stumbles', times, 'stumbled_at', stamp(now), 'rest_until', stamp(till), 'rest_reason', 'model_resting')
    return stamp(till - now)
  end
  return stamp(math.max(number(fields, 'rest_until') - now, 0))
elseif step == 'recovered' then
  redis.call('HDEL', page('*', a.model), 'stumbles', 'rest_until', 'rest_reason')
elseif step == 'state' then
  return cjson.encode({now = stamp(now), book = read(page(a.project, a.model)), held = read(held(a.fingerprint))})
end
return ''
"""


class RedisLedger:
    """A `Ledger` in Redis. With `clock` the script uses that instead of Redis's own, as tests do."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        window: Window | None = None,
        prefix: str = PREFIX,
        clock: Any = None,
    ) -> None:
        self.window = window or Window()
        self._clock = clock
        self._prefix = prefix
        self._script = client.register_script(SCRIPT)

    def reserve(self, candidates: Sequence[Candidate], *, model: str, tokens: int, ticket: str = "") -> Reservation:
        """Book a request of so many input tokens with the key that has most room; raise `Busy`.

        A refused request that comes back with the same ticket keeps its place in the line.
        """
        now = self._now()
        on = days(now, self.window)
        rows = [
            {"fingerprint": candidate.fingerprint, "project": candidate.project, **vars(candidate.limits)}
            for candidate in candidates
        ]
        answer = json.loads(
            self._run(
                "reserve",
                model=model,
                tokens=tokens,
                ticket=ticket,
                grace=GRACE_SECONDS,
                days=on,
                oldest_day=days(now - 86_400, self.window)[0],
                midnight=next_pacific_midnight(now),
                slot=self.window.slot,
                hold=self.window.hold,
                candidates=rows,
            )
        )
        if "busy" in answer:
            # In the caller's time: the two clocks may differ.
            raise Busy(answer["busy"], float(answer["retry_at"]) - float(answer["now"]) + now)
        chosen = candidates[int(answer["chosen"]) - 1]
        return Reservation(
            fingerprint=chosen.fingerprint,
            project=chosen.project,
            model=model,
            tokens=tokens,
            slot=int(answer["slot"]),
            days=on,
            reserved_at=float(answer["now"]),
            send_by=now + self.window.margin / 2,
            stumbles=int(answer["stumbles"]),
        )

    def settle(self, reservation: Reservation, *, tokens: int) -> None:
        """Put the true number of input tokens in the place of the estimate."""
        self._adjust(reservation, requests=0, tokens=tokens - reservation.tokens, on=())

    def give_back(self, reservation: Reservation) -> None:
        """Forget a request that the vendor never saw."""
        self._adjust(reservation, requests=-1, tokens=-reservation.tokens, on=reservation.days)

    def rest(self, project: str, model: str, *, seconds: float | None, reason: str) -> None:
        """Leave the project's quota for a model alone for a while; None means until the vendor's day ends."""
        when: dict[str, float] = (
            {"till": next_pacific_midnight(self._now()) + MIDNIGHT_MARGIN} if seconds is None else {"seconds": seconds}
        )
        self._run("rest", project=project, model=model, reason=reason, **when)

    def quarantine(self, fingerprint: str, *, seconds: float, reason: str) -> None:
        """Leave a key alone."""
        self._run("quarantine", fingerprint=fingerprint, seconds=seconds, reason=reason)

    def learn(self, project: str, model: str, limits: Mapping[str, int]) -> None:
        """Remember for a day that these fields of `Limits` are lower than configured."""
        self._run("learn", project=project, model=model, limits=dict(limits), learned_seconds=LEARNED_SECONDS)

    def stumble(self, reservation: Reservation) -> float:
        """Rest a model that failed, longer each time in a row; return for how many seconds."""
        return float(
            self._run("stumble", model=reservation.model, reserved_at=reservation.reserved_at, longest=LONGEST_STUMBLE)
        )

    def recovered(self, model: str) -> None:
        """Forget that a model stumbled."""
        self._run("recovered", model=model)

    def states(self, candidates: Sequence[Candidate], *, models: Sequence[str]) -> list[dict[str, Any]]:
        """Return the health of each key and model, JSON-able."""
        rows = []
        for model in models:
            for candidate in candidates:
                found = json.loads(
                    self._run("state", project=candidate.project, model=model, fingerprint=candidate.fingerprint)
                )
                now, fields, held = float(found["now"]), dict(found["book"] or {}), dict(found["held"] or {})
                quarantined = float(held.get("until", 0)), str(held.get("reason", ""))
                rows.append(state(candidate, model, self._book(fields, now), quarantined, now))
        return rows

    def _book(self, fields: Mapping[str, str], now: float) -> Book:
        oldest = self.window.slot_at(now) - self.window.hold
        slots = {
            int(name[1:]): [int(value), int(fields.get(f"t{name[1:]}", 0))]
            for name, value in fields.items()
            if name[:1] == "r" and name[1:].isdigit()
        }
        return Book(
            slots={slot: booked for slot, booked in slots.items() if slot > oldest},
            days={name[4:]: int(value) for name, value in fields.items() if name.startswith("day:")},
            rest_until=float(fields.get("rest_until", 0)),
            rest_reason=fields.get("rest_reason", ""),
            learned={name[8:]: int(value) for name, value in fields.items() if name.startswith("learned:")},
            learned_until=float(fields.get("learned_until", 0)),
        )

    def _adjust(self, reservation: Reservation, *, requests: int, tokens: int, on: Sequence[str]) -> None:
        self._run(
            "adjust",
            project=reservation.project,
            model=reservation.model,
            slot=str(reservation.slot),
            requests=requests,
            tokens=tokens,
            days=on,
        )

    def _run(self, step: str, **arguments: Any) -> str:
        if self._clock:
            arguments["now"] = self._clock()
        # Redis answers in bytes or text, as its client was told.
        answer = self._script(keys=[self._prefix], args=[step, json.dumps({**arguments, "keep": KEEP_SECONDS})])
        return answer.decode() if isinstance(answer, bytes) else str(answer)

    def _now(self) -> float:
        return float(self._clock()) if self._clock else time.time()
